import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "../../src/store/engine.ts";
import { type LibsqlOptions, openLibsqlEngine } from "../../src/store/libsql/engine.ts";
import { testVault } from "./vault.ts";

/** A folder with one store, opened as often as a test likes. */
export interface StoreHome {
  readonly folder: string;
  readonly file: string;
  readonly open: (options?: Partial<LibsqlOptions>) => Promise<Engine>;
  readonly remove: () => void;
}

export function storeHome(): StoreHome {
  const folder = mkdtempSync(join(tmpdir(), "sealpost-store-"));
  const file = join(folder, "sealpost.db");
  return {
    folder,
    file,
    open: (options) => openLibsqlEngine({ file, vault: testVault(), ...options }),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
