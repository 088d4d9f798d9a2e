// A site in the box: made, served, killed, served again; and the demo.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { createInterface } from "node:readline";
import { madeDocument } from "../../src/http/docs/made.ts";

async function serve(box, data, args = []) {
  const child = box.starts(["serve", "--data", data, "--listen", "127.0.0.1:0", "--json", ...args]);
  const [line] = await once(createInterface(child.stdout), "line");
  return { child, ...JSON.parse(line) };
}

async function end({ child }, signal) {
  const exited = once(child, "exit");
  child.kill(signal);
  return await exited;
}

function event(id) {
  return {
    specversion: "1.0",
    id,
    source: "/box",
    type: "box.test",
    severitytext: "high",
    data: { labels: { box: "1" } },
  };
}

async function post(url, token, body, type = "application/cloudevents+json") {
  const headers = { "content-type": type, authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/api/v1/events`, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

export const site = [
  {
    name: "an event that was answered survives SIGKILL, is known as a duplicate, and its ledger verifies",
    run: async (box) => {
      const data = box.at("site-kill");
      const { token } = JSON.parse(box.runs(["init", "--data", data, "--site", "box", "--json"]).out);
      const first = await serve(box, data);
      const answered = await post(first.url, token, event("1"));
      assert.equal(answered.status, 202);
      assert.equal(answered.body.events[0].deliveries[0].status, "pending");
      assert.deepEqual(await end(first, "SIGKILL"), [null, "SIGKILL"]);
      assert.equal(box.runs(["ledger", "verify", "--data", data]).status, 0);
      const second = await serve(box, data);
      const again = await post(second.url, token, event("1"));
      assert.deepEqual(again.body.events, [{ ...answered.body.events[0], duplicate: true }]);
      assert.equal((await post(second.url, token, { specversion: "1.0" })).status, 422);
      assert.equal((await post(second.url, "spk_000000000000_0000000000000000000000", event("2"))).status, 401);
      assert.deepEqual(await end(second, "SIGTERM"), [0, null]);
    },
  },
  {
    name: "the document of the API is the one that its source makes, and its page carries its policy",
    run: async (box) => {
      const data = box.at("site-document");
      box.runs(["init", "--data", data, "--json"]);
      const served = await serve(box, data);
      const made = await madeDocument();
      assert.equal(await (await fetch(`${served.url}/api/v1/openapi.json`)).text(), made.json);
      const page = await fetch(`${served.url}/api/v1/docs`);
      assert.equal(await page.text(), made.page);
      assert.equal(page.headers.get("content-security-policy"), made.headers["content-security-policy"]);
      await end(served, "SIGTERM");
    },
  },
  {
    name: "a second server on the folder is refused, the first one goes on",
    run: async (box) => {
      const data = box.at("site-twice");
      const { token } = JSON.parse(box.runs(["init", "--data", data, "--json"]).out);
      const first = await serve(box, data);
      const second = box.runs(["serve", "--data", data, "--listen", "127.0.0.1:0"]);
      assert.notEqual(second.status, 0);
      assert.match(second.err, /another process|in use/);
      assert.equal((await post(first.url, token, event("1"))).status, 202);
      await end(first, "SIGTERM");
    },
  },
  {
    name: "a demo site has its mail sink: an event becomes a mail that maildrop shows",
    run: async (box) => {
      const data = box.at("site-demo");
      const demo = await serve(box, data, ["--demo"]);
      assert.equal((await post(demo.url, demo.token, event("1"))).status, 202);
      for (let round = 0; round < 100; round++) {
        const { out } = box.runs(["maildrop", "list", "--data", data, "--json"]);
        if (JSON.parse(out).items.length > 0) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const shown = box.runs(["maildrop", "show", "--data", data]);
      assert.match(shown.out, /box\.test/);
      assert.equal(box.runs(["doctor", "--data", data]).status, 0);
      await end(demo, "SIGTERM");
      assert.equal(fs.existsSync(box.at("site-demo", "sealpost.sock")), false);
    },
  },
  {
    name: "a full disk is answered 503 and loses nothing; with room again the next event is taken, the first one is known",
    run: (box) => {
      const script = new URL("full-disk.sh", import.meta.url).pathname;
      const command = ["--mount", "--map-root-user", "/bin/sh", script, box.exe, box.folder("disk")];
      const seen = spawnSync("unshare", command, { encoding: "utf8", timeout: 60_000 });
      assert.deepEqual([seen.status, seen.stdout.trim()], [0, "202 503 503 200 202 202"], seen.stderr);
    },
  },
  {
    name: "the demo holds in every step, from another folder with an empty environment",
    run: (box) => {
      const seen = box.runs(["demo", "--json"], { cwd: box.folder("elsewhere") });
      const { ok, steps } = JSON.parse(seen.out);
      assert.deepEqual([seen.status, ok, steps.filter((step) => !step.ok)], [0, true, []]);
      assert.ok(steps.length >= 10);
    },
  },
  {
    name: "the demo holds where the only network is loopback",
    run: (box) => {
      const script = 'ip link set lo up 2>/dev/null || true; exec "$0" demo --json';
      const seen = spawnSync("unshare", ["--net", "--map-root-user", "/bin/sh", "-c", script, box.exe], {
        encoding: "utf8",
        timeout: 60_000,
      });
      assert.equal(seen.status, 0, seen.stderr);
      assert.equal(JSON.parse(seen.stdout).ok, true);
    },
  },
];
