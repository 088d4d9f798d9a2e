import type { Vault } from "../../ports.ts";
import type { EventSegments } from "./event-segments.ts";
import type { Connection } from "./guard.ts";
import type { HeapCells } from "./heap-cells.ts";
import type { IdentityHash, IdentityHashes } from "./identity.ts";
import type { LeafSegments } from "./leaf-segments.ts";
import type { ReceiptBooks } from "./receipts.ts";
import type { Seen } from "./seen.ts";
import type { Tenants } from "./tenants.ts";

/** What reading needs: one connection, and what all connections share. */
export interface Access {
  readonly connection: Connection;
  readonly tenants: Tenants;
  readonly seen: Seen;
  readonly heap: HeapCells;
  readonly events: EventSegments;
  readonly leaves: LeafSegments;
  readonly receipts: ReceiptBooks;
  readonly vault: Vault;
  readonly hashes: IdentityHashes;
  readonly identityHash?: IdentityHash;
}
