import type { Flow, NoteRecord } from "../ports.ts";

/** Keeps the newest signed note of a tenant's log; derived from the log, so it leaves no leaf. An older one is ignored. */
export const noteKeep: Flow<NoteRecord, null> = {
  prepare: ({ tenant }, note) => ({
    cells: [{ noun: "note", tenant, key: "current" }],
    decide: (view) => {
      const held = view.get("note", tenant, "current");
      if (held === undefined || held.size < note.size) view.put("note", tenant, "current", note);
      return null;
    },
  }),
};
