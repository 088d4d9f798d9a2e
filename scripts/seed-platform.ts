// Writes what seeds/ holds of the platform kinds, out of the code: seeds/schemas/<name>.json and seeds/events/platform/<name>.json.
import * as fs from "node:fs";
import * as path from "node:path";
import { PLATFORM_KINDS } from "../src/core/platform/index.ts";

const seeds = path.join(import.meta.dirname, "../seeds");

function write(folder: string, name: string, document: object): void {
  fs.writeFileSync(path.join(seeds, folder, `${name}.json`), `${JSON.stringify(document, undefined, 2)}\n`);
}

for (const folder of ["schemas", "events/platform"]) {
  fs.rmSync(path.join(seeds, folder), { recursive: true, force: true });
  fs.mkdirSync(path.join(seeds, folder), { recursive: true });
}
for (const { name, jsonSchema, sample } of PLATFORM_KINDS) {
  write("schemas", name, jsonSchema());
  write("events/platform", name, sample);
}
