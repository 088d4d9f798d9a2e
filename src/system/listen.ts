import { createServer } from "node:net";
import { errnoOf } from "./error.ts";

/** Why nothing can listen at an address now (`EADDRINUSE`), or undefined where it can. */
export function listenFault(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(errnoOf(error) ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}
