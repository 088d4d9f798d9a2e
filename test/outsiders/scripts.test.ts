import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeCheck } from "../support/outsider-kit.ts";
import { offline } from "../support/outsiders.ts";

const SIGSTORE = join(import.meta.dirname, "../support/sigstore-verify-child.ts");

const SAYS = {
  good: /^verified$/m,
  signature: /^refused: signature$/m,
  subject: /^refused: subject (?:offline-kit\.json|SHA256SUMS)$/m,
  name: /^refused: subject SHA256SUMS$/m,
  type: /^refused: type$/m,
  sums: /^refused: sums content\/NOTES\.txt$/m,
};

describeCheck(
  "Python with `cryptography`",
  ({ folder, key, bundle }) =>
    offline(["/usr/bin/python3", "-I", join(import.meta.dirname, "verify-kit.py"), ".", key, bundle], { cwd: folder }),
  SAYS,
);

describeCheck(
  "openssl with the shell",
  ({ folder, key, bundle }) =>
    offline(["sh", join(import.meta.dirname, "verify-kit.sh"), ".", key, bundle], { cwd: folder }),
  { ...SAYS, good: /^content\/NOTES\.txt: OK$/m, sums: /^content\/NOTES\.txt: FAILED$/m },
);

describeCheck(
  "@sigstore/verify",
  ({ folder, key, bundle }) => offline([process.execPath, SIGSTORE, ".", key, bundle], { cwd: folder }),
  SAYS,
);

test("the script of @sigstore/verify imports nothing but its family and Node", () => {
  const imports = [...readFileSync(SIGSTORE, "utf8").matchAll(/\bfrom "([^"]+)"|\bimport\(|\brequire\(/g)];
  expect(imports.map(([whole, name = whole]) => name)).toEqual([
    "node:crypto",
    "node:fs",
    "node:path",
    "@sigstore/bundle",
    "@sigstore/protobuf-specs",
    "@sigstore/verify",
  ]);
});
