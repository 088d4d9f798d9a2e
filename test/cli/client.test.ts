import * as fs from "node:fs";
import * as http from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { createClient, demand } from "../../src/cli/client.ts";
import { httpTransport, socketTransport } from "../../src/cli/transport-http.ts";
import { read, pageOf, EventRow } from "../../src/cli/wire.ts";
import { Secret } from "../../src/core/secret.ts";
import { temporaryFolder } from "../support/folder.ts";

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A server that remembers what it was asked, and answers as it is told. */
async function serverThat(
  answer: (asked: Asked, response: http.ServerResponse) => void,
): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const one = { method: request.method, url: request.url, headers: request.headers, body };
      asked.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  return { url: `http://127.0.0.1:${address.port}`, asked };
}

const json = (status: number, body: string) => (_: Asked, response: http.ServerResponse) =>
  void response.writeHead(status, { "content-type": "application/json", "set-cookie": ["a", "b"] }).end(body);

test("requests carry token, tenant and body; a base path stays in front", async () => {
  const { url, asked } = await serverThat(json(200, '{"items":[]}'));
  const client = createClient(httpTransport(`${url}/behind/`, new Secret("spk_a_b")), "acme");
  const answer = await client.request("POST", "/events?limit=1", { json: { a: 1 } });
  expect(answer.headers.get("set-cookie")).toContain("a");
  expect(answer.json()).toEqual({ items: [] });
  await client.request("POST", "/kits/import", {
    bytes: ReadableStream.from([Buffer.from("one "), Buffer.from("two")]),
  });
  await client.request("GET", "/ledger", { tenant: "_site", headers: { accept: "text/plain" } });
  await client.close();
  expect(client).toMatchObject({ place: `${url}/behind/`, isLocal: false });
  expect(asked.map(({ method, url: at, body }) => [method, at, body])).toEqual([
    ["POST", "/behind/api/v1/events?limit=1", '{"a":1}'],
    ["POST", "/behind/api/v1/kits/import", "one two"],
    ["GET", "/behind/api/v1/ledger", ""],
  ]);
  expect(asked.map(({ headers }) => [headers["sealpost-tenant"], headers["accept"]])).toEqual([
    ["acme", "application/json"],
    ["_site", "application/json"],
    ["_site", "text/plain"],
  ]);
  expect(asked[0]?.headers).toMatchObject({ authorization: "Bearer spk_a_b", "content-type": "application/json" });
});

describe("answers", () => {
  test("a good one passes, another is a problem with what the server said", async () => {
    const { url } = await serverThat(json(404, '{"code":"not-found"}'));
    const client = createClient(httpTransport(url, undefined), "acme");
    const answer = await client.request("GET", "/x");
    expect(() => demand(answer)).toThrow(
      expect.objectContaining({ code: "problem", status: 404, problem: { code: "not-found" } }),
    );
    await client.close();
  });

  test("one that is not JSON, or not as expected, is told as such", async () => {
    const { url } = await serverThat(({ url: at }, response) =>
      json(at?.endsWith("/page") === true ? 502 : 200, at?.endsWith("/x") === true ? '{"items":[{"id":1}]}' : "<html>")(
        { method: "", url: at, headers: {}, body: "" },
        response,
      ),
    );
    const client = createClient(httpTransport(url, undefined), "acme");
    const html = await client.request("GET", "/html");
    expect(() => html.json()).toThrow(expect.objectContaining({ code: "unexpected-answer" }));
    const other = await client.request("GET", "/x");
    expect(() => read(pageOf(EventRow), other)).toThrow(/not understood: items.0.id/);
    const page = await client.request("GET", "/page");
    expect(() => demand(page)).toThrow(expect.objectContaining({ code: "problem", status: 502, problem: undefined }));
    await client.close();
  });

  test("a server that goes away in the middle is not reached", async () => {
    const { url } = await serverThat((_, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      setTimeout(() => response.destroy(), 10);
    });
    const client = createClient(httpTransport(url, undefined), "acme");
    await expect(client.request("GET", "/x")).rejects.toThrow(expect.objectContaining({ code: "unreachable" }));
    await client.close();
  });
});

test("a socket below what is no folder is an error, not an absent server", async () => {
  const file = `${temporaryFolder()}/file`;
  fs.writeFileSync(file, "");
  await expect(socketTransport(`${file}/none.sock`)).rejects.toThrow(expect.objectContaining({ code: "unreachable" }));
});

test("nobody listens on a socket that is not there", async () => {
  expect(await socketTransport(`${temporaryFolder()}/none.sock`)).toBeUndefined();
});
