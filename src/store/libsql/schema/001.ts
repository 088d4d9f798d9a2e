/** Tables of the first version. Bodies are BLOBs: libsql aborts on TEXT that is no UTF-8, so nothing is read as TEXT. */
export const SCHEMA_001 = `
  CREATE TABLE tenant(log INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) STRICT;

  -- events: one row for each tenant and commit, cut at 256; h: 10 bytes of the id's hash and 6 of the leaf's seq each;
  -- ids count on over all tenants, so those of a tenant are in order of acceptance, whatever the clock did
  CREATE TABLE segment(
    log INTEGER NOT NULL, id INTEGER NOT NULL, t INTEGER NOT NULL, t_last INTEGER NOT NULL, n INTEGER NOT NULL,
    tags BLOB NOT NULL, h BLOB NOT NULL, PRIMARY KEY(log, id)) STRICT, WITHOUT ROWID;
  CREATE INDEX segment_time ON segment(log, t, t_last);
  CREATE TABLE segment_body(id INTEGER PRIMARY KEY, z INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE TABLE seen_pack(
    id INTEGER PRIMARY KEY, t INTEGER NOT NULL, base INTEGER NOT NULL, upto INTEGER NOT NULL, data BLOB NOT NULL) STRICT;

  -- ledger: a segment's id is log * 2^40 + seq of its first leaf
  CREATE TABLE ledger_log(
    log INTEGER PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, frontier BLOB NOT NULL) STRICT;
  CREATE TABLE ledger_segment(
    id INTEGER PRIMARY KEY, n INTEGER NOT NULL, z INTEGER NOT NULL, leaves BLOB NOT NULL, salts BLOB NOT NULL,
    sealed BLOB NOT NULL) STRICT;
  CREATE TABLE ledger_tile(
    log INTEGER NOT NULL, level INTEGER NOT NULL, idx INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY(log, level, idx)) STRICT, WITHOUT ROWID;
  -- ids are never used again, so an opening whose subject was erased stays closed
  CREATE TABLE subject_key(
    id INTEGER PRIMARY KEY AUTOINCREMENT, log INTEGER NOT NULL, subject TEXT NOT NULL, wrapped BLOB NOT NULL,
    UNIQUE(log, subject)) STRICT;

  -- k: recordKey of the delivery's id
  CREATE TABLE delivery(
    log INTEGER NOT NULL, k BLOB NOT NULL, channel TEXT NOT NULL, status TEXT NOT NULL, event TEXT, due INTEGER,
    body BLOB NOT NULL, PRIMARY KEY(log, k)) STRICT, WITHOUT ROWID;
  CREATE INDEX delivery_due ON delivery(log, channel, due) WHERE due IS NOT NULL;

  CREATE TABLE cell(k TEXT NOT NULL PRIMARY KEY, v BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE timer(
    log INTEGER NOT NULL, due INTEGER NOT NULL, flow TEXT NOT NULL, key TEXT NOT NULL,
    PRIMARY KEY(log, due, flow, key)) STRICT, WITHOUT ROWID;
  CREATE TABLE member(
    log INTEGER NOT NULL, window TEXT NOT NULL, n INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY(log, window, n)) STRICT, WITHOUT ROWID;
  CREATE TABLE object(hash TEXT NOT NULL PRIMARY KEY, text BLOB NOT NULL) STRICT;
`;
