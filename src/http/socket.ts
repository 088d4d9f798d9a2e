import { chmod, lstat, open, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { connect } from "node:net";
import * as path from "node:path";
import { HttpError } from "./error.ts";
import { codeOf } from "./problem.ts";

/** Bytes of a socket's path that the kernel takes; Node answers EINVAL beyond. */
const MAX_PATH_BYTES = 107;
const SOCKET_MODE = 0o600;

export interface BoundSocket {
  /** Owner of the socket: who can open it, root aside. */
  readonly uid: number;
  /** Lets go of what binding needed, once the server is closed. */
  readonly release: () => Promise<void>;
}

/** Binds a server to a socket file (0600), a stale one being removed first. Throws HttpError `socket-in-use` or `not-a-socket`. */
export async function bindSocket(server: Server, file: string): Promise<BoundSocket> {
  const short = await shortPath(file);
  try {
    await removeStale(file, short.path);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ path: short.path }, () => {
        server.off("error", reject);
        resolve();
      });
    });
    await chmod(file, SOCKET_MODE);
    return { uid: (await lstat(file)).uid, release: short.release };
  } catch (error) {
    server.close();
    await short.release();
    throw error;
  }
}

/** A path that the kernel takes: the file's own, or one through a descriptor of its folder, which must stay open. */
export async function shortPath(
  file: string,
): Promise<{ readonly path: string; readonly release: () => Promise<void> }> {
  if (Buffer.byteLength(file) <= MAX_PATH_BYTES) return { path: file, release: async () => undefined };
  const folder = await open(path.dirname(file), "r");
  return { path: `/proc/self/fd/${folder.fd}/${path.basename(file)}`, release: () => folder.close() };
}

async function removeStale(file: string, short: string): Promise<void> {
  const found = await lstat(file).catch((error: unknown) => {
    if (error instanceof Error && codeOf(error) === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket()) throw new HttpError("not-a-socket", `${file} is in the way`);
  if (await answers(short)) throw new HttpError("socket-in-use", `another server answers on ${file}`);
  await unlink(file);
}

/** Whether somebody accepts connections there. Only a refused connection is a sure no. */
function answers(short: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: short }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error) => resolve(codeOf(error) !== "ECONNREFUSED"));
  });
}
