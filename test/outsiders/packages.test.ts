import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";

const ROOT = join(import.meta.dirname, "../..");
const Names = z.record(z.string(), z.string());
const Package = z.object({ dependencies: Names, devDependencies: Names });
const Locked = z.object({ dev: z.boolean().optional(), optional: z.boolean().optional() });
const Lock = z.object({
  packages: z.record(z.string(), z.looseObject({ ...Package.partial().shape, ...Locked.shape })),
});

const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), "utf8"));

test("sigstore, which always wants a trust root from the network, is a package of the tests alone", () => {
  const { dependencies, devDependencies } = Package.parse(read("package.json"));
  expect(Object.keys(dependencies)).not.toContain("sigstore");
  expect(Object.keys(devDependencies)).toContain("sigstore");
});

test("the lock says so too, and of its TUF client likewise", () => {
  const { packages } = Lock.parse(read("package-lock.json"));
  expect(packages[""]?.dependencies).not.toHaveProperty("sigstore");
  for (const name of ["sigstore", "@sigstore/tuf", "@sigstore/sign", "tuf-js"])
    expect([name, packages[`node_modules/${name}`]?.dev]).toEqual([name, true]);
  for (const name of ["@sigstore/bundle", "@sigstore/protobuf-specs", "@sigstore/verify"])
    expect([name, packages[`node_modules/${name}`]?.dev]).toEqual([name, undefined]);
});
