import { expect, test } from "vitest";
import { cookieName, cookieValue, createSessions, createTries, triesOf } from "../../src/http/login.ts";

const HOUR = 3_600_000;
const value = (letter: string): string => letter.repeat(43);

function sessionsAt(): { readonly sessions: ReturnType<typeof createSessions>; mono: number } {
  let drawn = 0;
  const at = { mono: 0 };
  const clock = { now: () => 0, mono: () => at.mono };
  const random = { bytes: (count: number) => Buffer.alloc(count, String(drawn++).padStart(8, "0")) };
  return Object.assign(at, { sessions: createSessions({ clock, random }) });
}
const token = (id: number | string): { id: string; hash: string } => ({ id: String(id), hash: `hash-${id}` });

test("a session tells which token it is of, until it ends or twelve hours are over", () => {
  const at = sessionsAt();
  const first = at.sessions.begin(token(1));
  const second = at.sessions.begin(token(2));
  expect(first).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect([first, second, value("x")].map(at.sessions.find)).toEqual([token(1), token(2), undefined]);
  at.sessions.end(first);
  expect([first, second].map(at.sessions.find)).toEqual([undefined, token(2)]);
  at.mono = 12 * HOUR;
  expect(at.sessions.find(second)).toBeUndefined();
});

test("of a thousand sessions the one that was not used for longest makes room", () => {
  const { sessions } = sessionsAt();
  const values = Array.from({ length: 1000 }, (_, n) => sessions.begin(token(n)));
  const [first = "", second = ""] = values;
  sessions.find(first);
  sessions.begin(token("more"));
  expect(sessions.find(first)).toEqual(token(0));
  expect(sessions.find(second)).toBeUndefined();
  expect(values.filter((one) => sessions.find(one) !== undefined)).toHaveLength(999);
});

test("who begins very many ends own ones, and nobody else's", () => {
  const { sessions } = sessionsAt();
  const other = sessions.begin(token("other"));
  const own = Array.from({ length: 2000 }, () => sessions.begin(token("many")));
  expect(sessions.find(other)).toEqual(token("other"));
  expect(own.filter((one) => sessions.find(one) !== undefined)).toEqual(own.slice(-50));
});

test.each([
  ["none", undefined, undefined],
  ["an empty header", "", undefined],
  ["another cookie", `other=${value("a")}`, undefined],
  ["one that is too short", `sealpost=${value("a").slice(1)}`, undefined],
  ["other letters", `sealpost=${value("%")}`, undefined],
  ["the only one", `sealpost=${value("a")}`, value("a")],
  ["among others", `a=b;sealpost=${value("a")} ; c`, value("a")],
  ["the first that can be one", `sealpost=; sealpost=${value("b")}; sealpost=${value("c")}`, value("b")],
  ["that of another port", `sealpost-8080=${value("a")}`, undefined],
])("the cookie's value: %s", (_, header, wanted) => {
  expect(cookieValue("sealpost", header)).toBe(wanted);
});

test.each([
  [undefined, "sealpost"],
  ["plant.example", "sealpost"],
  ["plant.example:8080", "sealpost-8080"],
  ["[::1]:8081", "sealpost-8081"],
  ["[::1]", "sealpost"],
  ["plant.example:x; a", "sealpost"],
])("the cookie of %s is called %s", (host, wanted) => {
  expect(cookieName(host)).toBe(wanted);
});

test("ten tries in any minute; a right one is not counted", () => {
  const at = { mono: 0 };
  const tries = createTries({ clock: { mono: () => at.mono } });
  for (let n = 0; n < 10; n++) {
    at.mono = n * 1000;
    expect(tries.take("a")).toBe(0);
  }
  expect([tries.take("a"), tries.take("b")]).toEqual([51_000, 0]);
  at.mono = 60_000; // the first one is a minute ago
  expect([tries.take("a"), tries.take("a")]).toEqual([0, 1000]);
  tries.forgive("a");
  expect([tries.take("a"), tries.take("a")]).toEqual([0, 1000]);
});

test("addresses beyond ten thousand push out the one that tried longest ago", () => {
  const tries = createTries({ clock: { mono: () => 0 } });
  for (let n = 0; n < 10; n++) tries.take("first");
  expect(tries.take("first")).toBeGreaterThan(0);
  for (let n = 0; n < 9999; n++) tries.take(`address-${n}`);
  expect(tries.take("first")).toBeGreaterThan(0);
  tries.take("one more");
  expect(tries.take("first")).toBe(0);
});

test.each([
  [undefined, ""],
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:127.0.0.1", "::ffff:127.0.0.1"],
  ["::1", "0:0:0:0"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8:1:2::9", "2001:db8:1:2"],
  ["2001:db8::9", "2001:db8:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
])("tries from %s are counted for %s", (address, wanted) => {
  expect(triesOf(address)).toBe(wanted);
});
