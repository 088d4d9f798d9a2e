import * as fs from "node:fs";
import * as path from "node:path";
import type { JsonObject } from "../core/json.ts";
import { readSettings } from "../config.ts";
import { systemClock } from "../system/clock.ts";
import { temporaryFolder } from "../system/process.ts";
import type { Command, ExitCode } from "./command.ts";
import type { Seen } from "./demo-events.ts";
import type { Step } from "./demo-step.ts";
import { STEPS } from "./demo-steps.ts";
import { createWorld, type World } from "./demo-world.ts";
import { CliError } from "./error.ts";
import { perform, withExample, withJson } from "./perform.ts";

interface DemoOptions {
  readonly keep?: string;
  readonly json?: boolean;
}

/** `sealpost demo`: the whole path in ten seconds, each step with what it proves. */
export const demo: Command = {
  register: (program, context) => {
    withExample(withJson(program.command("demo")), "sealpost demo", "sealpost demo --keep ./demo-site")
      .description("show in ten seconds what this does: a site, a kit, events, mails, a dead relay, a kill, the ledger")
      .option("--keep <dir>", "make the site there and keep it")
      .action((options: DemoOptions) =>
        perform(context, { json: options.json === true }, async ({ io, out }): Promise<ExitCode> => {
          const began = systemClock.mono();
          const stage =
            options.keep === undefined
              ? fs.mkdtempSync(path.join(temporaryFolder(), "sealpost-demo-"))
              : path.dirname(path.resolve(options.keep));
          const dir = options.keep === undefined ? path.join(stage, "site") : path.resolve(options.keep);
          if (fs.existsSync(dir)) throw new CliError("conflict", `${dir} is there already`);
          const world = createWorld(dir, readSettings({}), io);
          try {
            const steps = await playAll(world, (played) => out.progress(lineOf(played)));
            const ok = steps.length === STEPS.length && steps.every((step) => step.ok);
            const ms = systemClock.mono() - began;
            out.result(
              { ok, ms, steps: steps.map(documentOf), ...(options.keep === undefined ? {} : { data: dir }) },
              (print) => {
                print.line(
                  ok
                    ? `all ${STEPS.length} steps held, in ${(ms / 1000).toFixed(1)} s`
                    : `NOT ALL HELD: ${STEPS.length - steps.filter((step) => step.ok).length} of ${STEPS.length} steps`,
                );
                if (options.keep !== undefined) print.line(`the site is kept in ${dir}`);
              },
            );
            return ok ? 0 : 1;
          } finally {
            await world.close();
            if (options.keep === undefined) fs.rmSync(stage, { recursive: true, force: true });
          }
        }),
      );
  },
};

interface Played {
  readonly step: Step;
  readonly ok: boolean;
  readonly ms: number;
  readonly figures: JsonObject;
  readonly why?: string;
}

/** Plays until one does not hold: what follows stands on what came before. */
async function playAll(world: World, told: (played: Played) => void): Promise<Played[]> {
  const seen: Seen = { events: [], expected: new Set() };
  const all: Played[] = [];
  for (const step of STEPS) {
    const played = world.io.stop.aborted
      ? { step, ok: false, ms: 0, figures: {}, why: "stopped" }
      : await play(step, world, seen);
    all.push(played);
    told(played);
    if (!played.ok) break;
  }
  return all;
}

async function play(step: Step, world: World, seen: Seen): Promise<Played> {
  const began = systemClock.mono();
  try {
    const figures = await step.play(world, seen);
    return { step, ok: true, ms: systemClock.mono() - began, figures };
  } catch (error) {
    const why = whyOf(error);
    return { step, ok: false, ms: systemClock.mono() - began, figures: {}, why };
  }
}

function whyOf(error: unknown): string {
  if (error instanceof CliError && error.problem !== undefined)
    return `${error.message}: ${JSON.stringify(error.problem)}`;
  return error instanceof Error ? error.message : String(error);
}

function documentOf({ step, ok, ms, figures, why }: Played): JsonObject {
  return { name: step.name, ok, proves: step.proves, ms, ...figures, ...(why === undefined ? {} : { why }) };
}

function lineOf({ step, ok, ms, figures, why }: Played): string {
  const told = Object.entries(figures)
    .filter(([, value]) => typeof value !== "object")
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  const head = `${ok ? "ok  " : "FAIL"} ${step.name.padEnd(22)} ${String(ms).padStart(5)} ms  ${step.proves}`;
  return [
    head,
    ...(told.length === 0 ? [] : [`       ${told.join(", ")}`]),
    ...(why === undefined ? [] : [`       ${why}`]),
  ].join("\n");
}
