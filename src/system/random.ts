import { randomBytes } from "node:crypto";
import type { Random } from "../ports.ts";

/** The system's secure random bytes. */
export const systemRandom: Random = { bytes: (count) => randomBytes(count) };
