import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { cli, type Done } from "../support/cli.ts";
import { served } from "../support/demo-site.ts";
import { examplesIn } from "../support/examples.ts";
import { temporaryFolder } from "../support/site.ts";

const Trial = z.looseObject({
  deliveries: z.array(z.looseObject({ recipients: z.array(z.string()), subject: z.string(), text: z.string() })),
});
const Mails = z.looseObject({ items: z.array(z.looseObject({ id: z.string(), subject: z.string() })) });
const Mail = z.looseObject({ text: z.string(), to: z.array(z.string()) });
const OWN = {
  schema: "template/v1",
  id: "own",
  subject: "Own {{event.type}}",
  text: "x",
  html: "<b>{{event.type}}</b>",
};

async function onDemo(
  work: (run: (...words: readonly string[]) => Promise<Done>, dir: string) => Promise<void>,
): Promise<void> {
  const { dir, remove } = temporaryFolder();
  const data = path.join(dir, "data");
  await served(data, () => work((...words) => cli([...words, "--data", data]), dir));
  remove();
}

/** What a dry run shows and what arrives differ in ids, times and the head of the ledger alone. */
function withoutIds(text: string): string {
  return text.replaceAll(/(dl|ev)_[0-9a-z]{26}/g, "$1_").replaceAll(/\d{4}-\d\d-\d\d[T ][0-9:.]+Z?( UTC)?/g, "TIME");
}

describe("the examples of --help", () => {
  test.each([[["send"]], [["templates", "preview"]]])("of %j work on a demo site", async (command) => {
    await onDemo(async (_run, dir) => {
      const examples = await examplesIn(...command);
      expect(examples.length).toBeGreaterThan(1);
      for (const words of examples) {
        const done = await cli(words.map((word) => (word === "./data" ? path.join(dir, "data") : word)));
        expect({ words, code: done.code, err: done.err }).toEqual({ words, code: 0, err: "" });
        expect(done.out).not.toBe("");
      }
    });
  });
});

describe("sealpost send", () => {
  test("says loudly that it was a dry run, and sends with --no-dry-run what that showed", async () => {
    await onDemo(async (run) => {
      const words = [
        "send",
        "--channel",
        "ops-mail",
        "--subject",
        "Pump 2 leaks",
        "--message",
        "See to it",
        "--evidence",
        '{"bar":3}',
      ];
      const dry = await run(...words);
      expect(dry.out.match(/DRY RUN: nothing was sent/g)).toHaveLength(2);
      expect(dry.out).toContain("would be sent");
      const trial = Trial.parse(JSON.parse((await run(...words, "--json")).out));
      const sent = await run(...words, "--no-dry-run");
      expect(sent.code, sent.err).toBe(0);
      expect(sent.out).toMatch(/^ev_[0-9a-z]{26} accepted\n/);
      let found: z.infer<typeof Mails>["items"][number] | undefined;
      while (found === undefined) {
        await pause(20);
        const { items } = Mails.parse(JSON.parse((await run("maildrop", "list", "--json")).out));
        found = items.find(({ subject }) => subject.includes("Pump 2 leaks"));
      }
      const mail = Mail.parse(JSON.parse((await run("maildrop", "show", found.id, "--json")).out));
      expect(mail.to).toEqual(trial.deliveries[0]?.recipients);
      expect(found.subject).toBe(trial.deliveries[0]?.subject);
      expect(withoutIds(mail.text).trim()).toContain(withoutIds(trial.deliveries[0]?.text ?? "").trim());
      expect(mail.text).toContain("bar");
    });
  });

  test.each([
    [2, ["send", "--channel", "ops-mail"]],
    [2, ["send", "--message", "x"]],
    [2, ["send", "--message", "x", "--rule-id", "r", "--channel", "c"]],
    [2, ["send", "--message", "x", "--channel", "c", "--scope", "{"]],
    [2, ["send", "--message", "x", "--channel", "c", "--label", "x"]],
    [4, ["send", "--message", "x", "--channel", "nowhere"]],
    [4, ["send", "--message", "x", "--rule-id", "nowhere"]],
    [1, ["send", "--message", "x", "--channel", "ops-mail", "--severity", "purple"]],
    [2, ["templates", "preview", "tmpl-event"]],
    [4, ["templates", "preview", "nowhere", "--sample", "scanner.report.ready"]],
    [4, ["templates", "preview", "tmpl-event", "--sample", "no.such"]],
    [4, ["templates", "preview", "tmpl-event", "--event", "ev_00000000000000000000000000"]],
  ] as const)("exit %i for %j", async (code, words) => {
    const { dir, remove } = temporaryFolder();
    const data = path.join(dir, "data");
    await cli(["init", "--data", data, "--site", "plant-7"]);
    expect(await cli([...words, "--data", data])).toMatchObject({ code, out: "" });
    remove();
  });
});

test("a template in a file is previewed", async () => {
  const { dir, remove } = temporaryFolder();
  const data = path.join(dir, "data");
  await cli(["init", "--data", data, "--site", "plant-7"]);
  const file = path.join(dir, "own.json");
  fs.writeFileSync(file, JSON.stringify(OWN));
  const done = await cli(["templates", "preview", file, "--sample", "taskrunner.run.failed", "--html", "--data", data]);
  expect(done).toMatchObject({ code: 0, err: "" });
  expect(done.out).toContain("Subject: Own taskrunner.run.failed");
  expect(done.out).toContain("<b>taskrunner.run.failed</b>");
  remove();
});
