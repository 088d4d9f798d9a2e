import { isBusy, OpenError } from "./fault.ts";
import { connect } from "./guard.ts";

/** The right to be the one writer of a site. */
export interface Lock {
  readonly release: () => void;
}

/**
 * Becomes the writer of a site by an exclusive transaction kept open on `file` (`lock.db`): Node has no flock, and the
 * kernel frees this one when the process dies, however it dies. Throws OpenError `locked` while another is the writer.
 * Nothing else may open `file`: closing any descriptor of it in this process would free the lock (POSIX).
 */
export async function acquireLock(file: string): Promise<Lock> {
  const connection = await connect(file, 0);
  try {
    connection.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    connection.close();
    if (isBusy(error)) throw new OpenError("locked", "another process is the writer of this folder", error);
    throw error;
  }
  return { release: connection.close };
}
