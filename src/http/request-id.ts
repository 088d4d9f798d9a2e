import type { Random } from "../ports.ts";
import { bindings, type Context, header } from "./context.ts";

const ID = /^[A-Za-z0-9._:-]{1,64}$/;
const ID_BYTES = 8;

const known = new WeakMap<Context, string>();

/** The id of a request in the log: that of its header X-Request-Id, else one made now; the answer carries it too. */
export function requestId(random: Random, c: Context): string {
  const held = known.get(c);
  if (held !== undefined) return held;
  const given = header(c, "x-request-id");
  const id = given !== undefined && ID.test(given) ? given : Buffer.from(random.bytes(ID_BYTES)).toString("hex");
  known.set(c, id);
  const { outgoing } = bindings(c);
  if (outgoing?.headersSent === false) outgoing.setHeader("x-request-id", id);
  return id;
}
