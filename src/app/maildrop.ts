import { SITE_TENANT } from "../core/cells.ts";
import { HttpError } from "../http/error.ts";
import type { MailSummary, Services } from "../http/services.ts";
import { isMailId, type MailHead, readMaildrop } from "../sources/maildrop.ts";
import type { Parts } from "./parts.ts";

/** The mails that the sink took: the site's principals see all, a tenant's those of its own deliveries. */
export function maildropService({ files, store }: Pick<Parts, "files" | "store">): Services["maildrop"] {
  const drop = readMaildrop(files.maildrop);
  const isVisible = async (tenant: string, { headers }: MailHead): Promise<boolean> => {
    if (tenant === SITE_TENANT) return true;
    const id = headers.find(({ name }) => name.toLowerCase() === "sealpost-delivery")?.value.trim();
    return id !== undefined && (await store.read.cell("delivery", tenant, id)) !== undefined;
  };
  return {
    // One head at a time, and none beyond the first that the page has no room for.
    page: async (tenant, { limit, cursor }) => {
      const items: MailSummary[] = [];
      for await (const head of drop.heads(checkCursor(cursor))) {
        if (!(await isVisible(tenant, head))) continue;
        const last = items.at(-1);
        if (items.length === limit && last !== undefined) return { items, cursor: last.id };
        items.push(summary(head));
      }
      return { items };
    },
    get: async (tenant, id) => {
      const head = await drop.head(id);
      if (head === undefined || !(await isVisible(tenant, head))) return undefined;
      const found = await drop.get(id);
      if (found === undefined) return undefined;
      const { headers, text, html } = found;
      return { ...summary(found), headers, text, ...(html === undefined ? {} : { html }) };
    },
  };
}

function checkCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined || isMailId(cursor)) return cursor;
  throw new HttpError("bad-query", "the query is not valid", {
    errors: [{ pointer: "/cursor", detail: "is not one of this list" }],
  });
}

function summary({ id, receivedAt, from, to, subject, size }: MailHead): MailSummary {
  return { id, at: receivedAt, from, to, subject, bytes: size };
}
