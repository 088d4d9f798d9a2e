import { expect, it } from "vitest";
import { bearer, NOW, testHttp } from "../support/http.ts";
import { problemIn } from "../support/problem.ts";

const AT = new Date(NOW).toISOString();
const PATHS = ["/api/v1/stats", "/stats"];

it.each(PATHS)("%s shows what is open, waiting, and was done lately", async (path) => {
  const response = await testHttp().app.request(path, { headers: bearer("viewer") });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    since: AT,
    byStatus: { sent: 3, held: 1 },
    held: 1,
    throttled: 0,
    backlog: 1,
    byRule: [{ rule: "cpu-hot", byStatus: { sent: 3, held: 1 } }],
    openDigestCount: 2,
    openWindows: { digest: 1, group: 1, quiet: 1, flap: 0 },
    downChannels: [{ id: "ops", since: AT, reason: "connect" }],
    ruleFaults: [{ rule: "cpu-hot@0123456789ab", count: 2, at: AT, detail: "no such field" }],
  });
});

it.each(PATHS)("%s is for those who may read, and has no parameters", async (path) => {
  const { app } = testHttp();
  for (const token of ["operator", "admin"])
    expect((await app.request(path, { headers: bearer(token) })).status).toBe(200);
  for (const token of ["writer", "nothing"])
    await problemIn(await app.request(path, { headers: bearer(token) }), "forbidden");
  await problemIn(await app.request(path), "unauthenticated");
  await problemIn(await app.request(path, { headers: bearer("site") }), "tenant-required");
  await problemIn(await app.request(`${path}?since=1h`, { headers: bearer("viewer") }), "bad-query");
  await problemIn(await app.request(path, { method: "POST", headers: bearer("admin") }), "method-not-allowed");
});
