import { describe, expect, it } from "vitest";
import { createInstantClock, createStamper } from "../../src/store/stamper.ts";

/** A wall and a monotonic clock that the test moves, apart if it likes. */
function clocks(start: number) {
  const at = { wall: start, mono: 0 };
  return {
    clock: { now: () => at.wall, mono: () => at.mono },
    pass: (ms: number, wall = ms) => {
      at.mono += ms;
      at.wall += wall;
    },
  };
}

let drawn = 0;
const random = {
  bytes: (count: number) => {
    drawn += 1;
    return Uint8Array.from({ length: count }, (_, at) => (at % 32 === 0 ? drawn : at / 32));
  },
};

function stamping(start: number, last?: number) {
  const { clock, pass } = clocks(start);
  const given = last === undefined ? {} : { last };
  return { stamper: createStamper({ clock, random, ...given }), clock, pass };
}

const MINUTE = 60_000;

describe("instants", () => {
  it("follow the wall clock", () => {
    const { stamper, pass } = stamping(1000);
    expect(stamper.stamp()).toMatchObject({ now: 1000, t: 1000 });
    pass(5);
    expect(stamper.stamp()).toMatchObject({ now: 1005, t: 1005 });
    expect(stamper.now()).toBe(1005);
    expect(stamper.jump()).toBeUndefined();
  });

  it("wait out a backward step of up to five minutes, and go on from there", () => {
    const { stamper, pass } = stamping(10 * MINUTE);
    stamper.stamp();
    pass(1000, -5 * MINUTE);
    expect(stamper.stamp().now).toBe(10 * MINUTE);
    pass(5 * MINUTE);
    expect(stamper.stamp().now).toBe(10 * MINUTE);
    pass(7);
    expect(stamper.stamp().now).toBe(10 * MINUTE + 7);
    expect(stamper.jump()).toBeUndefined();
  });

  it("go on as they were after a longer backward step until the jump is recorded, then follow it", () => {
    const { stamper, pass } = stamping(10 * MINUTE);
    stamper.stamp();
    pass(100, -5 * MINUTE - 1);
    expect(stamper.now()).toBe(10 * MINUTE + 100);
    pass(10);
    expect(stamper.stamp().now).toBe(10 * MINUTE + 110);
    const jump = stamper.jump();
    expect(jump).toEqual({ from: 10 * MINUTE + 110, to: 5 * MINUTE + 9, mono: 110 });
    if (jump !== undefined) stamper.follow(jump);
    expect(stamper.jump()).toBeUndefined();
    pass(10);
    expect(stamper.stamp().now).toBe(5 * MINUTE + 19);
  });

  it.each([
    ["5 s ahead of the monotonic clock", 1000, 6000, undefined],
    ["more than 5 s ahead of it", 1000, 6001, { from: 2000, to: 7001, mono: 1000 }],
    ["an hour on both clocks", 60 * MINUTE, 60 * MINUTE, undefined],
  ])("tell of a forward jump: %s", (_, mono, wall, jump) => {
    const { stamper, pass } = stamping(1000);
    stamper.stamp();
    pass(mono, wall);
    expect(stamper.jump()).toEqual(jump);
    expect(stamper.stamp().now).toBe(jump?.from ?? 1000 + wall);
  });

  it.each([60 * MINUTE, -60 * MINUTE])("count the time that recording a jump of %d ms took", (by) => {
    const { stamper, pass } = stamping(100 * MINUTE);
    stamper.stamp();
    pass(1000, by);
    const jump = stamper.jump();
    expect(jump).toBeDefined();
    pass(10 * MINUTE);
    expect(stamper.stamp().now).toBe(110 * MINUTE + 1000);
    if (jump !== undefined) stamper.follow(jump);
    expect(stamper.jump()).toBeUndefined();
    expect(stamper.now()).toBe(110 * MINUTE + by);
  });

  it("never decrease where a jump is taken back before it was recorded", () => {
    const { stamper, pass } = stamping(MINUTE);
    stamper.stamp();
    pass(1000, 60 * MINUTE);
    expect(stamper.stamp().now).toBe(MINUTE + 1000);
    pass(1000, -60 * MINUTE);
    expect(stamper.jump()).toBeUndefined();
    expect(stamper.stamp().now).toBe(MINUTE + 1000);
    pass(3000);
    expect(stamper.stamp().now).toBe(MINUTE + 3000);
  });

  it("see at start only a step back: time spent switched off is no jump", () => {
    const off = stamping(100 * MINUTE, MINUTE);
    expect(off.stamper.jump()).toBeUndefined();
    expect(off.stamper.stamp().now).toBe(100 * MINUTE);
    const short = stamping(MINUTE, 2 * MINUTE);
    expect(short.stamper.jump()).toBeUndefined();
    expect(short.stamper.stamp().now).toBe(2 * MINUTE);
    const long = stamping(MINUTE, 10 * MINUTE);
    const jump = { from: 10 * MINUTE, to: MINUTE, mono: 0 };
    expect(long.stamper.jump()).toEqual(jump);
    long.stamper.follow(jump);
    expect(long.stamper.stamp().now).toBe(MINUTE);
  });
});

it("the clock of jobs shows the instants of questions, and the monotonic clock as it is", () => {
  const { stamper, clock, pass } = stamping(10 * MINUTE);
  const instants = createInstantClock(clock, stamper);
  stamper.stamp();
  pass(1000, -4 * MINUTE);
  expect([instants.now(), instants.mono()]).toEqual([10 * MINUTE, 1000]);
});

it("salts are 32 bytes, each new, drawn for many questions at once", () => {
  const { stamper } = stamping(1000);
  drawn = 0;
  const salts = Array.from({ length: 200 }, () => stamper.stamp().salt);
  expect(new Set(salts.map((salt) => salt.length))).toEqual(new Set([32]));
  expect(new Set(salts.map((salt) => Buffer.from(salt).toString("hex"))).size).toBe(200);
  expect(drawn).toBe(2);
});
