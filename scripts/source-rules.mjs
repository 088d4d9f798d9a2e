// Rules about what a source says, that no linter rule tells: each is a list of folders and a test of one syntax node.
import { parseSync } from "@swc/core";

const sqlWords =
  /\b(?:SELECT\s|INSERT\s+(?:OR\s+\w+\s+)?INTO\s|REPLACE\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|(?:CREATE|DROP|ALTER)\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|VIEW|TRIGGER)\s|PRAGMA\s|VACUUM\b|BEGIN\s+(?:IMMEDIATE|EXCLUSIVE))/;
const sqlStatement =
  /^\s*(?:select\s.+\sfrom\s|insert\s+(?:or\s+\w+\s+)?into\s|update\s+\w+\s+set\s|delete\s+from\s|(?:create|drop|alter)\s+(?:table|index)\s|pragma\s+\w)/is;
const random = /^(?:random\w*|getRandomValues|webcrypto|subtle)$/;

const isNamed = (node, name) => node?.type === "Identifier" && node.value === name;
const memberName = (node) => (node.property.type === "Computed" ? node.property.expression.value : node.property.value);
const textOf = (node) => {
  if (node.type === "StringLiteral") return node.value;
  return node.type === "TemplateLiteral" ? node.quasis.map((part) => part.cooked ?? part.raw).join(" ? ") : undefined;
};

const everything = "all of it: import its functions by name";

/** Names that an import takes from a module; undefined for another node. */
function importedNames(node, module) {
  if (node.type === "ExportNamedDeclaration" && node.source && module.test(node.source.value))
    return node.specifiers.map((one) => one.orig?.value ?? everything);
  if (node.type === "ExportAllDeclaration" && module.test(node.source.value)) return [everything];
  if (node.type !== "ImportDeclaration" || !module.test(node.source.value)) return undefined;
  return node.specifiers.map((one) =>
    one.type === "ImportSpecifier" ? (one.imported ?? one.local).value : everything,
  );
}

/** `allowed` says where a thing may stand; `sees` answers what it found in a node, or undefined. */
export const sourceRules = [
  {
    name: "sql-only-in-store",
    allowed: /^src\/store\//,
    sees: (node) => {
      const text = textOf(node);
      return text !== undefined && (sqlWords.test(text) || sqlStatement.test(text))
        ? text.trim().slice(0, 60)
        : undefined;
    },
  },
  {
    name: "exit-only-in-main",
    allowed: /^src\/main\.ts$/,
    sees: (node) => {
      if (node.type !== "MemberExpression" || !isNamed(node.object, "process")) return undefined;
      const name = memberName(node);
      return ["exit", "exitCode", "reallyExit", "abort", "kill"].includes(name) ? `process.${name}` : undefined;
    },
  },
  {
    name: "clock-only-in-system",
    allowed: /^src\/system\//,
    sees: (node) => {
      if (!["NewExpression", "CallExpression"].includes(node.type) || !isNamed(node.callee, "Date")) return undefined;
      return node.type === "CallExpression" || !node.arguments?.length ? "Date without an instant" : undefined;
    },
  },
  {
    name: "clock-only-in-system",
    allowed: /^src\/system\//,
    sees: (node) =>
      node.type === "MemberExpression" && isNamed(node.object, "Date") && memberName(node) === "now"
        ? "Date.now"
        : undefined,
  },
  {
    name: "timers-only-in-system", // setImmediate is none: it yields
    allowed: /^src\/system\//,
    sees: (node) => importedNames(node, /^(?:node:)?timers(?:\/promises)?$/)?.find((name) => name !== "setImmediate"),
  },
  {
    name: "random-only-in-system", // making a key pair is not here: it belongs to signing/
    allowed: /^src\/(?:system\/|store\/libsql\/native\.ts$)/,
    sees: (node) => importedNames(node, /^(?:node:)?crypto$/)?.find((name) => name === everything || random.test(name)),
  },
];

/** What the rules find in one source: `[{name, found}]`. Throws where the source is not TypeScript. */
export function faultsIn(file, text) {
  const faults = [];
  walk(parseSync(text, { syntax: "typescript", target: "es2024" }), (node) => {
    for (const { name, allowed, sees } of sourceRules) {
      const found = allowed.test(file) ? undefined : sees(node);
      if (found !== undefined) faults.push({ name, found });
    }
  });
  return faults;
}

function walk(value, visit) {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  else if (value !== null && typeof value === "object") {
    if (typeof value.type === "string") visit(value);
    for (const child of Object.values(value)) walk(child, visit);
  }
}
