/**
 * The room rules: who may import what. Imports point inward only; scripts/check-rooms.mjs runs them.
 * A room is a folder of src/ or a file at its top. `anything` of packages or Node is still bound by `homes` and `doors` below.
 */
const anything = undefined;
const nothing = [];

const rooms = {
  // room: { of our own code, of npm packages, of Node }
  core: {
    own: ["core"],
    packages: ["zod", "handlebars", "re2js", "temporal-polyfill", "intl-messageformat", "@marcbachmann/cel-js"],
    node: nothing,
  }, // + node:crypto in core/hash.ts
  ports: { own: ["core"], packages: nothing, node: nothing },
  flows: { own: ["core", "ports", "flows"], packages: nothing, node: nothing },
  jobs: { own: ["core", "ports", "flows", "jobs"], packages: nothing, node: nothing },
  sources: { own: ["core", "ports", "sources"], packages: anything, node: anything },
  channels: { own: ["core", "ports", "channels"], packages: anything, node: anything },
  store: { own: ["core", "ports", "store"], packages: anything, node: anything },
  signing: { own: ["core", "ports", "signing"], packages: anything, node: anything },
  system: { own: ["core", "ports", "system"], packages: anything, node: anything },
  http: { own: ["core", "ports", "flows", "http"], packages: anything, node: anything },
  config: { own: ["core", "ports"], packages: ["zod"], node: nothing },
  app: {
    own: [
      "core",
      "ports",
      "flows",
      "jobs",
      "sources",
      "channels",
      "store",
      "signing",
      "system",
      "http",
      "config",
      "app",
    ],
    packages: anything,
    node: anything,
  },
  cli: {
    own: ["core", "ports", "flows", "signing", "system", "config", "app", "cli"],
    packages: anything,
    node: anything,
  },
  main: { own: ["cli"], packages: nothing, node: nothing },
};

/** The units of these rooms do not know each other; only the room's list knows them all. */
const islands = ["sources", "channels"];

/** Packages that have one home: a folder or a file. */
const homes = {
  "temporal-polyfill": "core/zone",
  re2js: "core/regex",
  "intl-messageformat": "core/message-format",
  "@marcbachmann/cel-js": "core/expression",
  libsql: "store/libsql",
  hono: "http",
  "@hono/node-server": "http",
  commander: "cli",
  nodemailer: "channels",
  pino: "system",
  "smtp-server": "sources",
  "@sigstore/bundle": "signing",
  "@sigstore/core": "signing",
  "@sigstore/protobuf-specs": "signing",
  "@sigstore/verify": "signing",
  tweetnacl: "signing",
};

/** Parts of Node that are a clock or the process: only system/ holds them. (Timers: scripts/source-rules.mjs, since yielding is none.) */
const doors = ["perf_hooks", "process"];

const escape = (text) => text.replaceAll(/[.\\/*+?^${}()|[\]]/g, "\\$&");
const oneOf = (names) => `(?:${names.map(escape).join("|")})`;
const inRooms = (names) => `^src/${oneOf(names)}(?:/|\\.ts$)`;
const inPackages = (names) => `(?:^|/)node_modules/${oneOf(names)}/`;
const ofNode = (names) => `^(?:node:)?${oneOf(names)}$`;
const rule = (name, from, to) => ({ name, severity: "error", from, to });
const outside = (names, all) => (names.length === 0 ? {} : { pathNot: all(names) });

const packageTypes = ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-bundled", "npm-no-pkg", "npm-unknown"];

const roomRules = Object.entries(rooms).flatMap(([room, may]) => {
  const from = { path: inRooms([room]), ...(room === "core" ? { pathNot: "^src/core/hash\\.ts$" } : {}) };
  return [
    rule(`${room}-imports-inward`, { path: inRooms([room]) }, { path: "^src/", pathNot: inRooms(may.own) }),
    ...(may.packages === anything
      ? []
      : [
          rule(
            `${room}-packages`,
            { path: inRooms([room]) },
            { dependencyTypes: packageTypes, ...outside(may.packages, inPackages) },
          ),
        ]),
    ...(may.node === anything ? [] : [rule(`${room}-is-pure`, from, { dependencyTypes: ["core"] })]),
  ];
});

export default {
  rooms: Object.keys(rooms),
  forbidden: [
    ...roomRules,
    rule(
      "hash-is-crypto-only",
      { path: "^src/core/hash\\.ts$" },
      { dependencyTypes: ["core"], pathNot: ofNode(["crypto"]) },
    ),
    ...islands.map((room) =>
      rule(
        `${room}-are-islands`,
        { path: `^src/${room}/([^/.]+)`, pathNot: `^src/${room}/index\\.ts$` },
        { path: `^src/${room}/`, pathNot: `^src/${room}/$1(?:/|\\.ts$)` },
      ),
    ),
    ...Object.entries(homes).map(([name, home]) =>
      rule(`${name}-has-a-home`, { path: "^src/", pathNot: inRooms([home]) }, { path: inPackages([name]) }),
    ),
    rule("doors-are-in-system", { path: "^src/", pathNot: "^src/system/" }, { path: ofNode(doors) }),
    rule("no-development-packages", { path: "^src/" }, { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] }),
    rule("sources-import-no-tests", { path: "^src/" }, { path: "^(?:test|scripts)/" }),
    rule("no-circles", { path: "^src/" }, { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } }),
  ],
  options: {
    parser: "swc", // TypeScript 7 has no JS API: with no parser that reads it, nothing is seen
    tsPreCompilationDeps: true, // imports of types count as imports
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["node", "import", "default"] },
  },
};
