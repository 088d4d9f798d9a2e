import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { cli, type Done } from "../support/cli.ts";
import { examplesIn } from "../support/examples.ts";
import { makeSite, temporaryFolder } from "../support/site.ts";

const home = temporaryFolder();
const site = {
  dir: home.dir,
  run: (...words: readonly string[]): Promise<Done> => cli([...words, "--data", home.dir]),
};
beforeAll(async () => {
  await makeSite(site.dir);
  return home.remove;
});

describe("tokens", () => {
  test("the examples of the help work one after the other", async () => {
    const done: string[] = [];
    for (const verb of ["create", "list", "show", "edit", "delete"])
      for (const words of await examplesIn("tokens", verb)) {
        const { code, out, err } = await cli([...words.slice(0, -1), site.dir]);
        expect(code, `${words.join(" ")}: ${err}`).toBe(0);
        done.push(out);
      }
    expect(done[0]).toMatch(
      /^spk_[0-9a-f]{12}_\S+\n[0-9a-f]{12} "night shift" of default: notifications\.deliveries\.read/,
    );
    expect(done.at(-1)).toMatch(/"scanner" is revoked\n$/);
    const { out } = await site.run("tokens", "list", "--json");
    const secret = done[0]?.split("\n")[0]?.split("_")[2] ?? "none";
    expect(out).not.toContain(secret);
    expect(JSON.parse(out)).toMatchObject({
      items: [
        { name: "scanner", state: "revoked", requestsPerMinute: 1200 },
        { name: "night shift", state: "active", scopes: ["notifications.deliveries.read"] },
        { name: "first" },
      ],
    });
  });

  test("an edit keeps what it does not name", async () => {
    await site.run(
      "tokens",
      "create",
      "--name",
      "kept",
      "--role",
      "noc",
      "--expires-in",
      "30d",
      "--requests-per-minute",
      "0",
    );
    const { out } = await site.run("tokens", "edit", "kept", "--name", "renamed", "--json");
    expect(JSON.parse(out)).toMatchObject({ name: "renamed", requestsPerMinute: 0, expiresAt: expect.any(String) });
    const { out: freed } = await site.run(
      "tokens",
      "edit",
      "renamed",
      "--no-end",
      "--site-limit",
      "--scope",
      "events:write",
      "--json",
    );
    expect(JSON.parse(freed)).toMatchObject({ name: "renamed", scopes: ["events:write"] });
    expect(freed).not.toContain("expiresAt");
    expect(freed).not.toContain("requestsPerMinute");
  });

  test("an edit of one that has expired is refused with what to do", async () => {
    const words = ["tokens", "create", "--name", "past", "--role", "noc", "--expires-in", "1ms", "--json"];
    const { id } = z.object({ id: z.string() }).parse(JSON.parse((await site.run(...words)).out));
    await expect.poll(async () => (await site.run("tokens", "show", id)).out).toContain('"expired"');
    const done = await site.run("tokens", "edit", id, "--name", "present");
    expect(done).toMatchObject({
      code: 4,
      err: expect.stringContaining("has expired and cannot be edited: make another"),
    });
  });

  test.each([
    [["tokens", "create", "--role", "noc"], 2, "--name"],
    [["tokens", "create", "--name", "x", "--role", "root"], 1, "/role"],
    [["tokens", "create", "--name", "x"], 1, "one of scopes and role is needed"],
    [["tokens", "show", "nobody"], 4, "there is no token with the id or name nobody"],
    [["tokens", "edit", "nobody"], 4, "there is no token"],
    [["tokens", "create", "--name", "x", "--role", "noc", "--requests-per-minute", "-1"], 2, "whole number"],
  ] as const)("%j ends with %i", async (words, code, said) => {
    const done = await site.run(...words);
    expect(done.code).toBe(code);
    expect(done.err).toContain(said);
  });

  test("a name that several have is not enough", async () => {
    for (let n = 0; n < 2; n++) await site.run("tokens", "create", "--name", "twin", "--role", "hr");
    const done = await site.run("tokens", "delete", "twin");
    expect(done).toMatchObject({ code: 4, err: expect.stringContaining("several tokens are called twin") });
  });
});

describe("tenants", () => {
  test("the examples of the help work one after the other", async () => {
    for (const verb of ["create", "list", "show", "delete", "edit"])
      for (const words of await examplesIn("tenants", verb)) {
        const { code, err } = await cli([...words.slice(0, -1), site.dir]);
        expect(code, `${words.join(" ")}: ${err}`).toBe(0);
      }
    const { out } = await site.run("tenants", "show", "plant-8", "--json");
    expect(JSON.parse(out)).toMatchObject({ id: "plant-8", name: "Plant 8, hall B", isClosed: false });
  });

  test("what is done for a tenant names it", async () => {
    await site.run("tenants", "create", "north");
    const made = await site.run("tokens", "create", "--name", "n", "--role", "service", "--tenant", "north");
    expect(made.out).toContain('"n" of north');
    expect((await site.run("tenants", "delete", "north")).out).toBe("north is closed\n");
    expect((await site.run("tenants", "list", "--state", "closed")).out).toContain("north");
    const refused = await site.run("tokens", "create", "--name", "n", "--role", "service", "--tenant", "north");
    expect(refused).toMatchObject({ code: 4, err: expect.stringContaining("tenant-closed") });
    const ended = await site.run("tokens", "delete", "n", "--tenant", "north");
    expect(ended).toMatchObject({ code: 0, out: expect.stringContaining("is revoked") });
    const verified = await site.run("ledger", "verify");
    expect(verified, verified.err).toMatchObject({ code: 0, out: expect.stringContaining("north") });
  });

  test.each([
    [["tenants", "create", "site"], 1, "/id"],
    [["tenants", "create", "default"], 4, "exists"],
    [["tenants", "edit", "default"], 2, "say what changes"],
    [["tenants", "delete", "default"], 4, "cannot be closed"],
    [["tenants", "show", "nowhere"], 4, "no such tenant"],
  ] as const)("%j ends with %i", async (words, code, said) => {
    const done = await site.run(...words);
    expect(done.code).toBe(code);
    expect(done.err).toContain(said);
  });
});
