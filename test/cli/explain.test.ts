import { expect, it } from "vitest";
import { z } from "zod";
import { cli } from "../support/cli.ts";
import { makeCliSite } from "../support/cli-site.ts";

const Accepted = z.looseObject({
  events: z.array(z.looseObject({ id: z.string(), deliveries: z.array(z.looseObject({ id: z.string() })) })),
});
const Explained = z.looseObject({ kind: z.string(), id: z.string(), cause: z.looseObject({ sentence: z.string() }) });

it("sealpost explain says why, of an event, of its delivery, and of one rule", async () => {
  const site = await makeCliSite();
  const posted = await site.run("events", "post", "seeds/events/01-disk-full.json", "--json");
  const [event] = Accepted.parse(JSON.parse(posted.out)).events;
  const [delivery] = event?.deliveries ?? [];
  if (event === undefined || delivery === undefined) throw new Error(posted.out);

  const people = await site.run("explain", event.id);
  expect(people).toMatchObject({ code: 0, err: "" });
  expect(people.out).toMatch(/^ev_\w+: host\.disk\.full, \w+, about \S+, from \S+, received \S+Z\nAsked at \S+Z\n\n/);
  expect(people.out).toContain('channel "ops-mail" needs values that this site has not filled in: host');
  expect(people.out).toContain("Rules, in order:\n");

  const one = await site.run("explain", delivery.id, "--json");
  expect(Explained.parse(JSON.parse(one.out))).toMatchObject({ kind: "delivery", id: delivery.id });
  const rule = await site.run("explain", event.id, "--rule", "backups");
  expect(rule.out).toContain('\n\nRule "backups" did not match, at /match/');
  expect((await site.run("explain", event.id, "--rule", "none")).code).toBe(4);
  expect((await site.run("explain", "dl_none", "--json")).code).toBe(4);
});

it.each([[["x_1"]], [["dl_1", "--rule", "r"]], [["digest:a:b:c:1", "--rule", "r"]]])(
  "explain %j is wrong usage",
  async (words) => {
    const done = await cli(["explain", ...words, "--data", "/nowhere"]);
    expect(done.code).toBe(2);
  },
);
