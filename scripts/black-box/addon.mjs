// The executable finds, verifies and loads the database addon that it carries.
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { sha256 } from "../inputs.mjs";

const packed = new URL(`../../node_modules/@libsql/linux-${process.arch}-gnu/index.node`, import.meta.url).pathname;

export const addon = [
  {
    name: "with no home and no cache the database is opened, and nothing is left behind",
    run: (box) => {
      opensDatabase(box, {});
      assert.deepEqual(
        fs.readdirSync(box.dir).filter((name) => name.endsWith(".node")),
        [],
      );
    },
  },
  {
    name: "the addon is extracted once, into a private folder",
    run: (box) => {
      const home = box.folder("home");
      const file = extracted(box, home);
      const before = fs.statSync(file);
      assert.equal(fs.statSync(path.dirname(file)).mode & 0o777, 0o700);
      opensDatabase(box, { HOME: home });
      assert.equal(fs.statSync(file).ino, before.ino);
    },
  },
  {
    name: "a changed addon is not loaded",
    run: (box) => {
      const home = box.folder("home");
      const file = extracted(box, home);
      fs.chmodSync(file, 0o600);
      fs.writeFileSync(file, "not the addon");
      opensDatabase(box, { HOME: home });
      assert.equal(sha256(fs.readFileSync(file)), sha256(fs.readFileSync(packed)));
    },
  },
  {
    name: "a cache folder that others can write is not used",
    run: (box) => {
      const open = box.folder("open");
      fs.chmodSync(open, 0o777);
      opensDatabase(box, { SEALPOST_NATIVE_DIR: open });
      assert.deepEqual(fs.readdirSync(open), []);
    },
  },
  {
    name: "an addon beside the executable is used, a changed one is not",
    run: (box) => {
      const beside = box.at("libsql.node");
      const home = box.folder("home");
      fs.copyFileSync(packed, beside);
      opensDatabase(box, { HOME: home });
      assert.deepEqual(fs.readdirSync(home), []);
      fs.writeFileSync(beside, "not the addon");
      opensDatabase(box, { HOME: home });
      assert.notDeepEqual(fs.readdirSync(home), []);
      fs.rmSync(beside);
    },
  },
];

function opensDatabase(box, env) {
  const seen = box.runs(["init", "--data", path.join(box.folder("data"), "site")], { env });
  assert.equal(seen.status, 0, seen.err);
}

/** The file that a run with this home extracts. */
function extracted(box, home) {
  opensDatabase(box, { HOME: home });
  const folder = path.join(home, ".cache/sealpost/native");
  const [name, ...others] = fs.readdirSync(folder);
  assert.deepEqual(others, []);
  return path.join(folder, name);
}
