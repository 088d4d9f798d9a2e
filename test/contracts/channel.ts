/**
 * What every channel owes its callers, whatever it speaks. Each kind of channel runs this against peers of its own.
 * @module
 */
import { afterEach, describe, expect, test } from "vitest";
import type { Json } from "../../src/core/json.ts";
import type { ChannelType, Clock, Message, OpenChannel, Outcome } from "../../src/ports.ts";

/** How the other side behaves. */
export type PeerBehaviour =
  | "takes"
  | "slow"
  | "refuses"
  | "fails-once"
  | "breaks-off"
  | "hangs"
  | "unavailable"
  | "gone";

export interface ContractPeer {
  /** Configuration of a channel that sends to this peer; a send may take 500 ms. */
  readonly config: Json;
  /** Ids of the deliveries that the peer took, by whatever the channel tells it for recognising repeats. */
  readonly takenIds: () => readonly string[];
  readonly close: () => Promise<void>;
}
export interface ContractFixture {
  readonly type: ChannelType;
  readonly peer: (behaviour: PeerBehaviour) => Promise<ContractPeer>;
}

const clock: Clock = { now: () => 1_795_159_865_000, mono: () => performance.now() };

/** A message to `bob.the-builder@example.org`, whose name must not come back. */
export function messageOf(given: Partial<Message> = {}): Message {
  return {
    id: "dl_01kafw9h7e0123456789abcdef",
    tenant: "default",
    to: "bob.the-builder@example.org",
    subject: "[HIGH] Kiln 3",
    text: "Kiln 3 is hot\n",
    severity: "high",
    correlationId: "kiln-3",
    ...given,
  };
}

const EXPECTED: readonly (readonly [PeerBehaviour, Outcome["kind"]])[] = [
  ["takes", "sent"],
  ["slow", "sent"],
  ["refuses", "refused"],
  ["fails-once", "failed"],
  ["breaks-off", "failed"],
  ["hangs", "down"],
  ["unavailable", "down"],
  ["gone", "down"],
];

/** Runs the suite for one kind of channel. */
export function channelContract(name: string, fixture: ContractFixture): void {
  const opened: { close: () => Promise<void> }[] = [];
  const start = async (behaviour: PeerBehaviour): Promise<{ channel: OpenChannel; peer: ContractPeer }> => {
    const peer = await fixture.peer(behaviour);
    const channel = fixture.type.open(peer.config, { clock, site: "plant-7", concurrency: 4 });
    opened.push(channel, peer);
    return { channel, peer };
  };
  const never = new AbortController().signal;
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  describe(`${name}: the contract of channels`, () => {
    test.each(EXPECTED)("a peer that %s: the outcome is %s, in time, and holds no address", async (behaviour, kind) => {
      const { channel } = await start(behaviour);
      const began = performance.now();
      const outcome = await channel.send(messageOf(), never);
      expect(outcome.kind).toBe(kind);
      expect(performance.now() - began).toBeLessThan(3000);
      expect(outcome.out.code).not.toBe("");
      expect(outcome.out.st).not.toBe("");
      expect(outcome.out.st.length).toBeLessThanOrEqual(200);
      expect(Number.isSafeInteger(outcome.out.ms)).toBe(true);
      expect(JSON.stringify(outcome)).not.toMatch(/bob|example\.org|@/);
    });

    test("a repeat carries the same id", async () => {
      const { channel, peer } = await start("takes");
      for (let round = 0; round < 2; round++) expect((await channel.send(messageOf(), never)).kind).toBe("sent");
      expect(peer.takenIds()).toEqual([messageOf().id, messageOf().id]);
    });

    test("what failed once is taken the next time", async () => {
      const { channel, peer } = await start("fails-once");
      expect((await channel.send(messageOf(), never)).kind).toBe("failed");
      expect((await channel.send(messageOf(), never)).kind).toBe("sent");
      expect(peer.takenIds()).toHaveLength(1);
    });

    test("many sends at once all end, each with its own outcome", async () => {
      const { channel, peer } = await start("takes");
      const ids = Array.from({ length: 40 }, (_, at) => `dl_${at}`);
      const outcomes = await Promise.all(ids.map(async (id) => await channel.send(messageOf({ id }), never)));
      expect(outcomes.map(({ kind }) => kind)).toEqual(ids.map(() => "sent"));
      expect(peer.takenIds().toSorted()).toEqual(ids.toSorted());
    });

    test("an aborted send ends at once", async () => {
      const { channel } = await start("hangs");
      const controller = new AbortController();
      const began = performance.now();
      setTimeout(() => controller.abort(), 50);
      expect((await channel.send(messageOf(), controller.signal)).kind).toBe("down");
      expect(performance.now() - began).toBeLessThan(400);
    });

    test("closing lets a send finish that has begun", async () => {
      const { channel, peer } = await start("slow");
      const sending = channel.send(messageOf(), never);
      await new Promise((resolve) => setTimeout(resolve, 150));
      await channel.close();
      expect((await sending).kind).toBe("sent");
      expect(peer.takenIds()).toHaveLength(1);
    });
  });
}
