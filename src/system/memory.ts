import { setFlagsFromString } from "node:v8";

/** By so many percent the heap may outgrow what lives in it before it is collected. */
const GROWTH = 10;

/**
 * Does work that makes much garbage and keeps much, without the room that V8 takes for speed: several times what lives.
 * One at a time. Throws what the work throws.
 */
export async function sparingMemory<T>(work: () => Promise<T>): Promise<T> {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  try {
    return await work();
  } finally {
    setFlagsFromString("--heap-growing-percent=0"); // V8's own measure
  }
}
