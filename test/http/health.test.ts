import { expect, it } from "vitest";
import { testHttp } from "../support/http.ts";
import { problemIn } from "../support/problem.ts";

it("lives while it answers, whatever is wrong", async () => {
  const http = testHttp();
  http.unready.push("starting");
  http.free = 0;
  const response = await http.app.request("/healthz");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ status: "ok" });
});

it("is ready only while events are accepted, and says why not", async () => {
  const http = testHttp();
  expect((await http.app.request("/readyz")).status).toBe(200);
  http.unready.push("stopping");
  http.free = 0;
  http.mono += 1000;
  const response = await http.app.request("/readyz");
  expect(response.headers.get("retry-after")).toBe("5");
  const found = await problemIn(response, "not-ready");
  expect(found.errors?.map(({ detail }) => detail)).toEqual([
    "stopping",
    "nothing is accepted until there is room on the disk",
  ]);
});

it("is not ready while the disk cannot be looked at", async () => {
  const http = testHttp();
  const { createHttp } = await import("../../src/http/server.ts");
  const app = createHttp(
    {
      ...http.context,
      diskFree: () => {
        throw new Error("EIO");
      },
    },
    [],
  );
  const found = await problemIn(await app.request("/readyz"), "not-ready");
  expect(found.detail).toBe("the disk cannot be looked at");
});
