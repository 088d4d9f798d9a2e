import { Writable } from "node:stream";
import cliProgress from "cli-progress";
import type { Io } from "./io.ts";

/** A bar on stderr, for a person alone. */
export interface Progress {
  /** So many bytes were read, so many events taken. */
  readonly at: (bytes: number, events: number) => void;
  readonly stop: () => void;
}

const NONE: Progress = { at: () => undefined, stop: () => undefined };
const COLUMNS = 80;

/** Shows a bar where stderr is a terminal and it is known how much there is to read (bytes). */
export function createProgress(
  io: Io,
  { isShown, size }: { readonly isShown: boolean; readonly size: number | undefined },
): Progress {
  if (!isShown || io.isErrorTTY !== true || size === undefined) return NONE;
  const bar = new cliProgress.SingleBar({
    stream: terminal(io),
    format: "{bar} {percentage}% | {events} events",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
  });
  let isBegun = false;
  return {
    at: (bytes, events) => {
      if (isBegun) return bar.update(bytes, { events });
      isBegun = true;
      bar.start(size, bytes, { events });
    },
    stop: () => {
      if (isBegun) bar.stop();
    },
  };
}

/** What the bar takes for a terminal: text goes where stderr goes. */
function terminal({ stderr }: Io): NodeJS.WritableStream {
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: unknown, _encoding, done) => {
      stderr(String(chunk));
      done();
    },
  });
  return Object.assign(stream, { isTTY: true, columns: COLUMNS });
}
