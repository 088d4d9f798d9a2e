import type { Job } from "../ports.ts";

/** A file must have stayed as it is for so long before it is looked at: it may still be arriving, ms. */
const SETTLE_MS = 2000;
/** A file system may not tell of what happens in it: then it is looked for, ms. */
const LOOK_MS = 60_000;

/** A file of the folder, as it is now. */
export interface DroppedFile {
  readonly name: string;
  readonly size: number;
  /** Epoch ms. */
  readonly changedAt: number;
}

/** What the job needs: what lies in the folder, and what becomes of one file. */
export interface DropDoors {
  readonly list: () => readonly DroppedFile[];
  /** Judges a file and takes it out of the folder; answers false where it must be looked at again. */
  readonly take: (file: DroppedFile, now: number) => Promise<boolean>;
}

/** The drop-folder job: what appears in the folder is judged once it has arrived whole. */
export interface DropFolderJob extends Job {
  /** Something happened in the folder. */
  readonly wake: () => void;
  /** Begins nothing new and waits for the file that is being judged. */
  readonly close: () => Promise<void>;
}

/** Makes the job; a long import goes on behind its runs, one at a time. `ended` is called after each. */
export function dropFolderJob({ list, take }: DropDoors, ended: () => void): DropFolderJob {
  const seen = new Map<string, string>();
  const tried = new Map<string, Tried>();
  const state: { due: number; isWoken: boolean; isClosed: boolean; running?: Promise<void> } = {
    due: 0,
    isWoken: true,
    isClosed: false,
  };
  const forget = (name: string): void => {
    seen.delete(name);
    for (const mark of tried.keys()) if (mark.startsWith(`${name}/`)) tried.delete(mark);
  };
  const begin = (file: DroppedFile, now: number): void => {
    state.running = take(file, now)
      .catch(() => false) // `take` has told of it
      .then((isDone) => {
        if (isDone) forget(file.name);
        else postpone(tried, markOf(file), now);
      })
      .finally(() => {
        delete state.running;
        ended();
      });
  };
  return {
    name: "drop-folder",
    wake: () => void (state.isWoken = true),
    due: (now) => {
      if (state.running !== undefined || state.isClosed) return undefined;
      return state.isWoken ? now : Math.min(state.due, now + LOOK_MS); // the clock may have been set back
    },
    run: async (now) => {
      state.isWoken = false;
      const file = arrived(list(), { seen, tried, now });
      state.due = now + (seen.size === 0 ? LOOK_MS : SETTLE_MS);
      if (file === undefined) return 0;
      begin(file, now);
      return 1;
    },
    close: async () => {
      state.isClosed = true;
      await state.running;
    },
  };
}

/** The first file that is as it was at the look before, and has not been changed for a while (or by a clock ahead of ours). */
function arrived(
  files: readonly DroppedFile[],
  {
    seen,
    tried,
    now,
  }: { readonly seen: Map<string, string>; readonly tried: ReadonlyMap<string, Tried>; readonly now: number },
): DroppedFile | undefined {
  const before = new Map(seen);
  seen.clear();
  for (const file of files) seen.set(file.name, markOf(file));
  return files.find((file) => {
    const mark = markOf(file);
    const isSettled = before.get(file.name) === mark && Math.abs(now - file.changedAt) >= SETTLE_MS;
    const wait = (tried.get(mark)?.notBefore ?? now) - now;
    return isSettled && (wait <= 0 || wait > LOOK_MS); // the clock may have been set back
  });
}

/** A file as it is: another size or time makes it another one. */
function markOf({ name, size, changedAt }: DroppedFile): string {
  return `${name}/${size}/${changedAt}`;
}

/** What could not be judged is looked at again later and later, so that it hides no other file. */
interface Tried {
  readonly times: number;
  /** Epoch ms. */
  readonly notBefore: number;
}

function postpone(tried: Map<string, Tried>, mark: string, now: number): void {
  const times = (tried.get(mark)?.times ?? 0) + 1;
  tried.set(mark, { times, notBefore: now + Math.min(LOOK_MS, SETTLE_MS * 2 ** (times - 1)) });
}
