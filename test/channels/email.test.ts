import * as net from "node:net";
import * as tls from "node:tls";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { CHANNEL_TYPES } from "../../src/channels/index.ts";
import { emailChannel } from "../../src/channels/email.ts";
import type { Json } from "../../src/core/json.ts";
import type { Clock, Message, OpenChannel, Outcome } from "../../src/ports.ts";
import { channelContract, messageOf, type PeerBehaviour } from "../contracts/channel.ts";
import { type Behaviour, type Encryption, type SmtpPeer, smtpPeer, TEST_CA } from "../support/smtp-peer.ts";

const clock: Clock = { now: () => 1_795_159_865_000, mono: () => performance.now() };
const never = new AbortController().signal;
const configFor = (port: number, given: Readonly<Record<string, Json>> = {}): Json => ({
  host: "127.0.0.1",
  port,
  from: "sealpost@plant-7.example",
  tls: "none",
  timeout: "500ms",
  ...given,
});

const BEHAVIOURS: Readonly<Record<Exclude<PeerBehaviour, "gone">, Behaviour>> = {
  takes: "takes",
  slow: "slow",
  refuses: "refuses-recipient",
  "fails-once": "defers-once",
  "breaks-off": "drops-in-data",
  hangs: "hangs-at-greeting",
  unavailable: "greets-421",
};

channelContract("email", {
  type: emailChannel,
  peer: async (behaviour) => {
    const peer = await smtpPeer(behaviour === "gone" ? "takes" : BEHAVIOURS[behaviour]);
    if (behaviour === "gone") await peer.close();
    return {
      config: configFor(peer.port),
      takenIds: () => peer.received.map(({ raw }) => /^Sealpost-Delivery: (\S+)/m.exec(raw)?.[1] ?? ""),
      close: async () => (behaviour === "gone" ? undefined : await peer.close()),
    };
  },
});

describe("email", () => {
  const opened: { close: () => Promise<void> }[] = [];
  const start = async (
    behaviour: Behaviour,
    given: {
      readonly encryption?: Encryption;
      readonly config?: Readonly<Record<string, Json>>;
      readonly concurrency?: number;
    } = {},
  ): Promise<{ channel: OpenChannel; peer: SmtpPeer }> => {
    const peer = await smtpPeer(behaviour, given.encryption);
    const channel = emailChannel.open(configFor(peer.port, given.config), {
      clock,
      site: "plant-7",
      concurrency: given.concurrency ?? 2,
    });
    opened.push(channel, peer);
    return { channel, peer };
  };
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
  });

  test("is in the list", () => {
    expect(CHANNEL_TYPES.map(({ type }) => type)).toEqual(["email"]);
  });

  test("a mail carries text, HTML, its id, the ledger's head and no word of its own", async () => {
    const { channel, peer } = await start("takes");
    const ledger = "sealpost-plant-7-6c405ed1-default 1234 3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const outcome = await channel.send(
      messageOf({ html: "<p>Kiln 3 is hot: 1 184 °C</p>", ledger, subject: "Смяна" }),
      never,
    );
    expect(outcome.out).toMatchObject({ code: "250", st: "queued as 4F3A" });
    const [got] = peer.received;
    const headers = new Map(got?.mail.headers.map(({ key, value }) => [key, value]));
    expect(got).toMatchObject({ from: "sealpost@plant-7.example", to: [messageOf().to], isSecure: false });
    expect(got?.mail).toMatchObject({
      subject: "Смяна",
      text: "Kiln 3 is hot\n\n",
      messageId: `<${messageOf().id}@plant-7>`,
    });
    expect(got?.mail.html).toContain("1 184 °C");
    expect(headers.get("sealpost-delivery")).toBe(messageOf().id);
    expect(headers.get("sealpost-ledger")).toBe(ledger);
    expect(headers.get("auto-submitted")).toBe("auto-generated");
    expect(headers.get("date")).toBe("Fri, 20 Nov 2026 07:31:05 +0000");
    expect([...headers.keys()].filter((key) => key.startsWith("x-"))).toEqual([]);
  });

  test("two attempts at one instant have the same bytes", async () => {
    const { channel, peer } = await start("takes");
    for (let round = 0; round < 2; round++) await channel.send(messageOf({ html: "<p>hot</p>" }), never);
    expect(peer.received[0]?.raw).toBe(peer.received[1]?.raw);
  });

  const DIGESTS: readonly (readonly [id: string, messageId: string])[] = [
    ["digest:acme:mail-ops:15m:1774736204399", "<digest.acme.mail-ops.15m.1774736204399@plant-7>"],
    ["digest:acme-mail:ops:15m:1774736204399", "<digest.acme-mail.ops.15m.1774736204399@plant-7>"],
    [
      "digest:plant-7:ops~d9ad933e:group:1780308000000:1",
      "<digest.plant-7.ops~d9ad933e.group.1780308000000.1@plant-7>",
    ],
    [
      `digest:${"t".repeat(63)}:${"a".repeat(63)}~d9ad933e:quiet:1780308000000:12`,
      `<digest.${"t".repeat(63)}.${"a".repeat(63)}~d9ad933e.quiet.1780308000000.12@plant-7>`,
    ],
  ];
  test.each(DIGESTS)("the id of a digest %s becomes a Message-ID that mail programs take", async (id, messageId) => {
    const { channel, peer } = await start("takes");
    await channel.send(messageOf({ id, html: "<p>Kiln 3</p>" }), never);
    const [got] = peer.received;
    expect(got?.mail.messageId).toBe(messageId);
    expect(messageId).toMatch(/^<[\w~-]+(\.[\w~-]+)*@[\w-]+>$/); // dot-atom of RFC 5322
    expect(got?.raw.replace(/\r\n /g, " ")).toMatch(new RegExp(`^Sealpost-Delivery: ${id}\\r$`, "m"));
    const boundary = /boundary="([^"]+)"/.exec(got?.raw ?? "")?.[1] ?? "";
    expect(boundary).toMatch(/^[A-Za-z0-9'()+_,./:=?-]{1,70}$/); // RFC 2046
    expect(got?.mail.html).toContain("Kiln 3");
  });

  test("nothing in a message adds a header, an addressee or a file", async () => {
    const { channel, peer } = await start("takes");
    const hostile: Partial<Message> = {
      subject: "a\r\nBcc: eve@example.org",
      text: "/etc/passwd",
      ledger: "x\r\nBcc: eve@example.org 1 y",
    };
    expect((await channel.send(messageOf(hostile), never)).kind).toBe("sent");
    expect(peer.received[0]?.to).toEqual([messageOf().to]);
    expect(peer.received[0]?.mail.headers.some(({ key }) => key === "bcc")).toBe(false);
    expect(peer.received[0]?.mail.text).toBe("/etc/passwd\n");
  });

  const OUTCOMES: readonly (readonly [Behaviour, Outcome["kind"], string, RegExp])[] = [
    ["greets-421", "down", "421", /come back later/],
    ["refuses-recipient", "refused", "550", /^\(address\) no such user \(address\) here$/],
    ["refuses-sender", "down", "550", /sender not known/],
    ["defers-once", "failed", "451", /greylisted/],
    ["refuses-data", "refused", "554", /spam/],
    ["drops-in-data", "failed", "ECONNECTION", /closed/],
    ["hangs-at-greeting", "down", "ETIMEDOUT", /in time/],
    ["hangs-before-data", "down", "ETIMEDOUT", /in time/],
    ["hangs-after-data", "failed", "ETIMEDOUT", /in time/],
    ["not-smtp", "down", "EPROTOCOL", /./],
    ["wants-login", "down", "530", /./],
    ["small", "refused", "552", /maximum/],
  ];
  test.each(OUTCOMES)("a relay that %s: %s %s", async (behaviour, kind, code, words) => {
    const { channel } = await start(behaviour);
    const outcome = await channel.send(messageOf({ text: "Kiln 3 is hot\n".repeat(100) }), never);
    expect(outcome).toMatchObject({ kind, out: { code } });
    expect(outcome.out.st).toMatch(words);
  });

  test("an aborted send that the relay may have taken has failed, not vanished", async () => {
    const { channel } = await start("hangs-after-data", { config: { timeout: "10s" } });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    expect(await channel.send(messageOf(), controller.signal)).toMatchObject({
      kind: "failed",
      out: { code: "ETIMEDOUT" },
    });
  });

  test("connections are kept, and no more are open than may be", async () => {
    const { channel, peer } = await start("takes", { concurrency: 2 });
    await Promise.all(
      Array.from({ length: 30 }, async (_, at) => await channel.send(messageOf({ id: `dl_${at}` }), never)),
    );
    expect(peer.received).toHaveLength(30);
    expect(peer.connections).toMatchObject({ opened: 2, most: 2 });
  });

  test("a kept connection that the relay closed meanwhile costs nothing", async () => {
    const { channel, peer } = await start("takes");
    expect((await channel.send(messageOf(), never)).kind).toBe("sent");
    peer.dropAll();
    expect((await channel.send(messageOf({ id: "dl_2" }), never)).kind).toBe("sent");
    expect(peer.received).toHaveLength(2);
  });

  test.each([
    ["a name that does not exist", { host: "relay.invalid" }, "EDNS"],
    ["no relay at all", { host: null }, "ECONFIG"],
    ["no sender", { from: null }, "ECONFIG"],
  ])("%s: the channel is down", async (_, given, code) => {
    const base = { host: "127.0.0.1", port: 1, from: "a@b.example", timeout: "500ms", ...given };
    const config = Object.fromEntries(Object.entries(base).filter(([, value]) => value !== null));
    const channel = emailChannel.open(config, { clock, site: "plant-7", concurrency: 1 });
    expect(await channel.send(messageOf(), never)).toMatchObject({ kind: "down", out: { code } });
    await channel.close();
  });

  test("a host is found as the machine finds it", async () => {
    const { channel, peer } = await start("takes", { config: { host: "localhost" } });
    expect((await channel.send(messageOf(), never)).kind).toBe("sent");
    expect(peer.received).toHaveLength(1);
  });

  test("a connection that is not taken up in time is a channel that is down", async () => {
    const full = net.createServer(() => undefined);
    await new Promise<void>((resolve) => full.listen(0, "127.0.0.1", 1, resolve));
    const channel = emailChannel.open(configFor(1, { host: "192.0.2.1", timeout: "100ms" }), {
      clock,
      site: "plant-7",
      concurrency: 1,
    });
    const outcome = await channel.send(messageOf(), never);
    expect(outcome.kind).toBe("down");
    await channel.close();
    await new Promise((resolve) => full.close(resolve));
  });

  describe("encryption", () => {
    const CASES: readonly (readonly [string, Encryption, Outcome["kind"], boolean])[] = [
      ["none", "none", "sent", false],
      ["none", "starttls", "sent", false],
      ["opportunistic", "none", "sent", false],
      ["opportunistic", "starttls", "sent", true],
      ["required", "none", "down", false],
      ["required", "starttls", "down", false],
      ["implicit", "implicit", "down", false],
      ["implicit", "none", "down", false],
    ];
    test.each(CASES)("%s, relay offers %s, its authority unknown: %s", async (mode, encryption, kind, isSecure) => {
      const { channel, peer } = await start("takes", { encryption, config: { tls: mode, host: "localhost" } });
      expect((await channel.send(messageOf(), never)).kind).toBe(kind);
      expect(peer.received.map((got) => got.isSecure)).toEqual(kind === "sent" ? [isSecure] : []);
    });

    test("a certificate that is not trusted says so", async () => {
      for (const [mode, encryption] of [
        ["required", "starttls"],
        ["implicit", "implicit"],
      ] as const) {
        const { channel } = await start("takes", { encryption, config: { tls: mode, host: "localhost" } });
        expect(await channel.send(messageOf(), never)).toMatchObject({ kind: "down", out: { code: "ETLS" } });
      }
    });

    describe("with the site's own authority among the trusted ones", () => {
      beforeAll(() => {
        const before = tls.getCACertificates("default");
        tls.setDefaultCACertificates([...before, TEST_CA]);
        return () => tls.setDefaultCACertificates(before);
      });

      test.each([
        ["required", "starttls", "localhost"],
        ["implicit", "implicit", "localhost"],
        ["required", "starttls", "127.0.0.1"],
      ] as const)("%s over %s to %s: sent, encrypted", async (mode, encryption, host) => {
        const { channel, peer } = await start("takes", { encryption, config: { tls: mode, host } });
        expect((await channel.send(messageOf(), never)).kind).toBe("sent");
        expect(peer.received.map((got) => got.isSecure)).toEqual([true]);
      });
    });
  });
});
