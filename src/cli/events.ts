import type { z } from "zod";
import type { Command } from "./command.ts";
import { addPost } from "./events-post.ts";
import { addList, addShow, type Listed } from "./list.ts";
import { EventRow } from "./wire.ts";

/** `sealpost events post|list|show`. */
export const events: Command = {
  register: (program, context) => {
    const noun = program.command("events").description("events: post them, look at what was accepted");
    addPost(noun, context);
    addList(noun, context, LISTED);
    addShow(noun, context, { noun: "events", one: "event", id: "ev_01...", row: EventRow });
  },
};

const LISTED: Listed<z.infer<typeof EventRow>> = {
  noun: "events",
  items: "events",
  row: EventRow,
  filters: { type: "of this type", source: "of this source", severity: "of this severity" },
  columns: ["id", "received", "severity", "type", "source", "subject"],
  cells: ({ id, receivedAt, severity, type, source, subject = "" }) => [
    id,
    receivedAt,
    severity,
    type,
    source,
    subject,
  ],
  example: "--severity critical",
};
