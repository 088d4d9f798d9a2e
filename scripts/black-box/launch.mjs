// The executable starts alone, and answers as its command line promises.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";

const { version } = JSON.parse(fs.readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

/** All that a Debian or Ubuntu without further packages has; libatomic is not among it. */
const libraries =
  /^(?:linux-vdso|libc|libm|libdl|libpthread|librt|libstdc\+\+|libgcc_s|\/.*\/ld-linux-[^/]+|ld-linux-[^/]+)\.so(?:\.|$)/;

export const launch = [
  {
    name: "--version prints the version, with an empty environment in an empty folder",
    run: (box) => {
      const seen = box.runs(["--version"], { cwd: box.folder("empty") });
      assert.deepEqual(seen, { status: 0, signal: null, out: `${version}\n`, err: "" }); // a refused code cache would warn
    },
  },
  {
    name: "NODE_OPTIONS has no effect",
    run: (box) => {
      const seen = box.runs(["--version"], { env: { NODE_OPTIONS: "--require=/nowhere.js" } });
      assert.deepEqual([seen.status, seen.err], [0, ""]);
    },
  },
  ...[["nonsense"], ["toString"], ["--nonsense"], ["--inspect"]].map((args) => ({
    name: `${args.join(" ")} is a usage error`,
    run: (box) => {
      const seen = box.runs(args);
      assert.deepEqual([seen.status, seen.out], [2, ""]);
      assert.match(seen.err, new RegExp(args[0]));
    },
  })),
  {
    name: "a reader that leaves early is no failure",
    run: (box) => {
      const script = '{ "$0" --help; echo "$?" >&2; } | true';
      const seen = spawnSync("/bin/sh", ["-c", script, box.exe], { env: {}, encoding: "utf8" });
      assert.equal(seen.stderr, "0\n");
    },
  },
  {
    name: "output that is lost to a full disk is a failure",
    run: (box) => {
      const seen = spawnSync("/bin/sh", ["-c", '"$0" --version >/dev/full', box.exe], { env: {}, encoding: "utf8" });
      assert.equal(seen.status, 1);
    },
  },
  ...[
    { what: "the executable", file: (box) => box.exe },
    { what: "the database addon", file: () => addonFile() },
  ].map(({ what, file }) => ({
    name: `${what} needs only libraries that every Debian has`,
    run: (box) => {
      const needed = librariesOf(file(box));
      assert.ok(needed.length > 2, "ldd said nothing");
      assert.deepEqual(
        needed.filter((library) => !libraries.test(library)),
        [],
      );
    },
  })),
];

function addonFile() {
  return new URL(`../../node_modules/@libsql/linux-${process.arch}-gnu/index.node`, import.meta.url).pathname;
}

function librariesOf(file) {
  const { status, stdout, stderr } = spawnSync("ldd", [file], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.split("\n").flatMap((line) => line.trim().split(/\s/)[0] || []);
}
