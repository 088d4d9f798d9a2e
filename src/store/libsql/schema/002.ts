/**
 * Deliveries know the window that they belong to or tell of (`window` stands before the body, so that its index reads no
 * body; hence the new table), and are counted as they are written; cells whose keys scatter have a table of their own.
 */
export const SCHEMA_002 = `
  CREATE TABLE delivery_002(
    log INTEGER NOT NULL, k BLOB NOT NULL, channel TEXT NOT NULL, status TEXT NOT NULL, event TEXT, window TEXT,
    due INTEGER, body BLOB NOT NULL, PRIMARY KEY(log, k)) STRICT, WITHOUT ROWID;
  INSERT INTO delivery_002(log, k, channel, status, event, window, due, body)
    SELECT log, k, channel, status, event, CAST(body AS TEXT) ->> 'window', due, body FROM delivery;
  DROP TABLE delivery;
  ALTER TABLE delivery_002 RENAME TO delivery;
  CREATE INDEX delivery_due ON delivery(log, channel, due) WHERE due IS NOT NULL;
  CREATE INDEX delivery_window ON delivery(log, window) WHERE window IS NOT NULL;

  -- hour: createdAt in hours since the epoch, 10^9 of what is not at its end; rule: its id. The newest changes wait in
  -- ledger_log.counts: JSON [{hour, rule, status, n}]
  ALTER TABLE ledger_log ADD COLUMN counts BLOB;
  CREATE TABLE delivery_count(
    log INTEGER NOT NULL, hour INTEGER NOT NULL, rule TEXT NOT NULL, status TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY(log, hour, rule, status)) STRICT, WITHOUT ROWID;
  INSERT INTO delivery_count(log, hour, rule, status, n)
    SELECT log, IIF(status IN ('pending', 'held', 'deferred', 'retrying'), 1000000000, created / 3600000),
      substr(rule, 1, instr(rule || '@', '@') - 1), status, count(*)
    FROM (SELECT log, status, CAST(body AS TEXT) ->> 'rule' AS rule, CAST(body AS TEXT) ->> 'createdAt' AS created
      FROM delivery) GROUP BY 1, 2, 3, 4;

  -- h: 32 bits of SHA-256 of k; p: k up to its first colon, of claims and what is debounced; ids are given in the order of making
  CREATE TABLE heap_cell(
    id INTEGER PRIMARY KEY, h INTEGER NOT NULL, p TEXT, k TEXT NOT NULL, v BLOB NOT NULL) STRICT;
  CREATE INDEX heap_prefix ON heap_cell(p) WHERE p IS NOT NULL;
`;
