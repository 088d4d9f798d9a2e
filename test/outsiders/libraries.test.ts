import * as fs from "node:fs";
import * as path from "node:path";
import { createPrivateKey, createPublicKey } from "node:crypto";
import * as tar from "tar";
import nacl from "tweetnacl";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildStarterKit } from "../../src/app/kits.ts";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "../support/site.ts";

// What others' libraries make of what a site makes.
let folder: ReturnType<typeof temporaryFolder>;
let site: RunningSite;
beforeAll(async () => {
  folder = temporaryFolder();
  await makeSite(path.join(folder.dir, "data"));
  site = await openSite(path.join(folder.dir, "data"));
});
afterAll(async () => {
  await site.close();
  folder.remove();
});

test("a lenient tar reader lists a kit in the same order, and unpacks the same content", async () => {
  const kit = await buildStarterKit(site.parts, "plant-7");
  const names: string[] = [];
  await tar.list({ file: kit, strict: true, onReadEntry: (entry) => void names.push(entry.path) });
  expect([names[0], names[1]?.startsWith("attestations/SHA256-"), names[2]]).toEqual([
    "offline-kit.json",
    true,
    "SHA256SUMS",
  ]);
  expect(names.slice(3).every((name) => name.startsWith("content/"))).toBe(true);
  const unpacked = fs.mkdtempSync(path.join(folder.dir, "unpacked-"));
  await tar.extract({ file: kit, cwd: unpacked, strict: true });
  const sums = fs.readFileSync(path.join(unpacked, "SHA256SUMS"), "utf8").trimEnd().split("\n");
  expect(sums.map((line) => line.slice(66))).toEqual(names.slice(3));
});

test("what is sealed to the site's box by tweetnacl opens with the site's key, and with no other", () => {
  const pem = fs.readFileSync(site.parts.files.sealingBox, "utf8");
  const privateKey = createPrivateKey(pem);
  const secret = new Uint8Array(privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32));
  const publicKey = new Uint8Array(createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32));
  expect(nacl.box.keyPair.fromSecretKey(secret).publicKey).toEqual(publicKey);
  const sender = nacl.box.keyPair();
  const nonce = nacl.randomBytes(24);
  const sealed = nacl.box(new TextEncoder().encode("relay password"), nonce, publicKey, sender.secretKey);
  expect(new TextDecoder().decode(nacl.box.open(sealed, nonce, sender.publicKey, secret) ?? undefined)).toBe(
    "relay password",
  );
  expect(nacl.box.open(sealed, nonce, sender.publicKey, nacl.box.keyPair().secretKey)).toBeNull();
});
