import { beforeAll, describe, expect, test } from "vitest";
import { createStorm, PROBLEM_CLASSES, type Storm } from "../../scripts/storm/events.ts";
import { measureStorm, type Report, reportText } from "../../scripts/storm/measure.ts";
import { playStorm } from "../../scripts/storm/play.ts";
import type { Outcome } from "../../scripts/scenario/outcome.ts";
import { SEVERITIES } from "../../src/core/event.ts";

/** 2026-06-01 06:00 UTC. */
const START = 1_780_293_600_000;
const SEEDS = [1, 2, 3];

describe("an alert storm", () => {
  const storm = createStorm(1, START);

  test("is the same for the same seed, and another one for another", () => {
    expect(createStorm(1, START)).toEqual(storm);
    expect(createStorm(2, START)).not.toEqual(storm);
  });

  test("has over 5,000 events in order of time, problems of each class, and of each severity where they can be", () => {
    expect(storm.events.length).toBeGreaterThan(5000);
    expect(storm.events.map(({ at }) => at)).toEqual(storm.events.map(({ at }) => at).toSorted((a, b) => a - b));
    const kinds = new Set(storm.problems.map((problem) => `${problem.class} ${problem.severity}`));
    const wanted = PROBLEM_CLASSES.flatMap((name) => SEVERITIES.map((severity) => `${name} ${severity}`));
    expect(kinds).toEqual(new Set(wanted.filter((kind) => kind !== "rises critical")));
  });

  test("names the problem of an event nowhere but in its data", () => {
    for (const { problem, event } of storm.events) {
      const { data, sourceId, ...rest } = event;
      expect(data).toEqual({ problem });
      expect(sourceId.startsWith(problem)).toBe(true);
      expect(JSON.stringify(rest)).not.toContain(problem);
    }
  });
});

describe.each(SEEDS)("under the shipped policy and rules, storm %d", (seed) => {
  let storm: Storm;
  let outcome: Outcome;
  let report: Report;
  beforeAll(async () => {
    storm = createStorm(seed, START);
    outcome = await playStorm(storm, { engine: "memory", looks: "lazy" });
    report = measureStorm(storm, outcome);
    console.log(reportText(report));
  });

  test("messages are cut by more than 80 %, in each class that repeats itself too", () => {
    expect(report.all.messages / report.all.events).toBeLessThan(0.2);
    for (const name of ["duplicates", "scripts", "flaps", "storms"] as const)
      expect(report.classes[name].messages / report.classes[name].events).toBeLessThan(0.2);
  });

  test("every problem is announced within its severity's limit, every rise and every resolution is told", () => {
    expect(report.faults).toEqual([]);
    const { announced, rises, resolutions, problems } = report.all;
    expect(announced).toEqual({ have: problems, of: problems });
    expect(rises.have).toBe(rises.of);
    expect(resolutions.have).toBe(resolutions.of);
    expect(rises.of).toBeGreaterThanOrEqual(80);
    expect(resolutions.of).toBeGreaterThan(2000);
  });

  test("an alert is announced once: again only after a resolution or a rise", () => {
    for (const name of PROBLEM_CLASSES) if (name !== "scripts") expect(report.classes[name].again).toBe(0);
  });

  test("what the senders repeat is known as repeats", () => {
    const ids = storm.events.map(({ event }) => event.sourceId);
    expect(outcome.duplicates.length).toBe(ids.length - new Set(ids).size);
    expect(outcome.duplicates.length).toBeGreaterThan(100);
  });
});

describe("the figures", () => {
  const storm = createStorm(1, START);
  let outcome: Outcome;
  beforeAll(async () => {
    outcome = await playStorm(storm, { engine: "memory", looks: "eager" });
  });

  test("do not depend on how often the process looks at its timers", async () => {
    const lazy = await playStorm(storm, { engine: "memory", looks: "lazy" });
    expect(outcome.root).toBe(lazy.root);
    expect(measureStorm(storm, outcome)).toEqual(measureStorm(storm, lazy));
  });

  test("tell of a storm whose messages are lost", () => {
    const { all, faults } = measureStorm(storm, { ...outcome, windows: [] });
    expect(all.announced.have).toBeLessThan(all.problems / 2);
    expect(all.rises.have).toBe(0);
    expect(faults.length).toBeGreaterThan(100);
  });

  test("tell of messages that come late, and of what is announced again", () => {
    const late = outcome.windows.map(({ history, ...window }) => ({
      ...window,
      history: history.flatMap((step) => [
        { ...step, at: step.at + 3_600_000 },
        { ...step, at: step.at + 3_600_001 },
      ]),
    }));
    const { all, classes } = measureStorm(storm, { ...outcome, windows: late });
    expect(all.announced.have).toBeLessThan(all.problems);
    expect(classes.resolutions.again).toBeGreaterThan(0);
  });
});
