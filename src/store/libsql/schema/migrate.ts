import { OpenError } from "../fault.ts";
import { type Connection, integer } from "../guard.ts";
import { SCHEMA_001 } from "./001.ts";
import { SCHEMA_002 } from "./002.ts";

/** `SPst`: tells a database of ours from any other SQLite file. */
const APPLICATION_ID = 0x53507374;

/** Every version of the schema, oldest first: `user_version` counts those that ran. */
export const SCHEMAS: readonly string[] = [SCHEMA_001, SCHEMA_002];

/**
 * Brings a database to the newest schema, each step in a transaction of its own.
 * Throws OpenError `foreign` for a database that is not ours, `newer` for one of a later version.
 */
export function migrate(connection: Connection): void {
  const pragma = (name: string): number => integer(connection.all(`PRAGMA ${name}`, [])[0], 0);
  const version = pragma("user_version");
  const owner = pragma("application_id");
  const tables = integer(connection.all("SELECT count(*) FROM sqlite_schema", [])[0], 0);
  const isNew = owner === 0 && version === 0 && tables === 0;
  if (!isNew && owner !== APPLICATION_ID) throw new OpenError("foreign", "the file is a database of something else");
  if (version > SCHEMAS.length) {
    throw new OpenError("newer", `the database has schema ${version}, this version knows ${SCHEMAS.length}`);
  }
  SCHEMAS.slice(version).forEach((schema, at) => {
    connection.immediate(() => {
      connection.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      connection.exec(schema);
      connection.exec(`PRAGMA user_version = ${version + at + 1}`);
    });
  });
}
