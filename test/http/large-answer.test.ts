import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ANSWER_BYTES, gatherPage } from "../../src/http/large-answer.ts";
import { createHttp } from "../../src/http/server.ts";
import type { Page } from "../../src/ports.ts";
import { bearer, cloudEvent, JSON_EVENT, testHttp } from "../support/http.ts";
import { whole } from "../support/pages.ts";

const EventPage = z.object({ items: z.array(z.object({ sourceId: z.string() })), cursor: z.string().optional() });
const MIB = 2 ** 20;

/** A list of texts of these lengths; `most` is how many it answers at once, whatever is asked. */
function listOf(lengths: readonly number[], most = Number.POSITIVE_INFINITY) {
  const limits: number[] = [];
  const ask = async ({ limit, cursor = "0" }: { limit: number; cursor?: string }): Promise<Page<number>> => {
    limits.push(limit);
    const from = Number(cursor);
    const to = from + Math.min(limit, most);
    const items = lengths.slice(from, to).map((_, at) => from + at);
    return to < lengths.length ? { items, cursor: String(to) } : { items };
  };
  const present = (at: number): object => ({ at, text: "x".repeat(lengths[at] ?? 0) });
  return { ask, limits, present };
}
const sizeOf = ({ items }: Page<string>): number => items.reduce((sum, item) => sum + item.length, 0);

describe("a page of items that may be large", () => {
  it.each<[string, readonly number[], number[]]>([
    ["small ones come as many as are asked for", Array.from({ length: 100 }, () => 10), [60, 40]],
    ["large ones come as many as 8 MiB hold", Array.from({ length: 20 }, () => MIB), [7, 7, 6]],
    ["one that is larger than an answer comes alone", [10, ANSWER_BYTES + 1, 10], [1, 1, 1]],
    [
      "an answer that is full where a part ends goes on there",
      [...Array.from({ length: 15 }, () => 1), ANSWER_BYTES - 600, 9 * MIB, 5],
      [16, 1, 1],
    ],
  ])("%s", async (_name, lengths, pages) => {
    const { ask, limits, present } = listOf(lengths);
    const counts: number[] = [];
    const all = await whole(async (cursor) => {
      const page = await gatherPage(ask, cursor === undefined ? { limit: 60 } : { limit: 60, cursor }, present);
      counts.push(page.items.length);
      expect(page.items.length === 1 || sizeOf(page) <= ANSWER_BYTES).toBe(true);
      return page;
    });
    expect(all.map((text) => z.object({ at: z.number() }).parse(JSON.parse(text)).at)).toEqual(
      lengths.map((_, at) => at),
    );
    expect(counts).toEqual(pages);
    expect(Math.max(...limits)).toBeLessThanOrEqual(16);
  });

  it("is short where the list itself answers short", async () => {
    const { ask, limits, present } = listOf([1, 1, 1, 1], 2);
    expect(await gatherPage(ask, { limit: 4 }, present)).toMatchObject({ items: { length: 2 }, cursor: "2" });
    expect(limits).toEqual([4]);
  });
});

it("GET /events ends a page of large events early, with a cursor to go on", async () => {
  const http = testHttp();
  const app = createHttp(http.context, ["application/cloudevents+json"]);
  for (let at = 0; at < 12; at++) {
    const body = JSON.stringify(cloudEvent({ id: `${at}`, data: "x".repeat(0.9 * MIB) }));
    expect(
      (await app.request("/api/v1/events", { method: "POST", body, headers: bearer("admin", JSON_EVENT) })).status,
    ).toBe(202);
  }
  const sizes: number[] = [];
  const all = await whole(async (cursor) => {
    const query = cursor === undefined ? "" : `&cursor=${cursor}`;
    const response = await app.request(`/api/v1/events?limit=1000${query}`, { headers: bearer("admin") });
    const body = await response.text();
    sizes.push(body.length);
    const { items, cursor: next } = EventPage.parse(JSON.parse(body));
    expect(response.headers.has("link")).toBe(next !== undefined);
    return next === undefined ? { items } : { items, cursor: next };
  });
  expect(all.map(({ sourceId }) => Number(sourceId))).toEqual(Array.from({ length: 12 }, (_, at) => at));
  expect(Math.max(...sizes)).toBeLessThan(ANSWER_BYTES + 1000);
  expect(sizes).toHaveLength(2);
});
