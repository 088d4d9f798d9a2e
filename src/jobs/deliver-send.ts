/**
 * One try of one delivery: its channel as it is configured now, its message, and what came back.
 * @module
 */
import type { CompiledChannel } from "../core/config.ts";
import type { Delivery } from "../core/delivery.ts";
import { errorWords } from "../core/error-words.ts";
import type { Json } from "../core/json.ts";
import type { Try } from "../flows/attempt.ts";
import type { ChannelType, Clock, Configurations, Log, Message, OpenChannel, Outcome, Timeout } from "../ports.ts";
import type { Lane } from "./deliver-lane.ts";
import type { MessageMaker } from "./deliver-message.ts";

export interface SendDoors {
  readonly channelTypes: readonly ChannelType[];
  readonly configurations: Configurations;
  readonly site: string;
  readonly clock: Clock;
  readonly timeout: Timeout;
  readonly log: Log;
  /** Longest time that one send may take, in ms, whatever its channel says. */
  readonly sendLimit: number;
}
export interface Sending {
  readonly doors: SendDoors;
  readonly make: MessageMaker;
  /** One for each send that goes on. */
  readonly sends: Set<AbortController>;
  isStopping: boolean;
}

/** A channel that is not bound or is switched off waits for another configuration: no probe finds out. */
export const CLOSED_CODES: ReadonlySet<string> = new Set(["unbound", "channel-disabled"]);

/** One try: the message is made and sent, or there is a reason why not. Undefined: we stopped, nothing is known. */
export async function attempt(lane: Lane, delivery: Delivery, sending: Sending): Promise<Try | undefined> {
  const base = { delivery: delivery.id, channel: lane.channel };
  const n = delivery.attempts + 1;
  const compiled = sending.doors.configurations.of(lane.tenant).channels.get(lane.channel);
  if (compiled === undefined)
    return { kind: "ended", ...base, status: "dropped", reason: { code: "channel-missing", by: lane.channel } };
  const closed = closedCode(compiled);
  if (closed !== undefined)
    return { kind: "tried", ...base, n, outcome: downWith(closed, "the channel waits for the site") };
  const made = await sending.make(delivery, compiled);
  if (!made.ok) return { kind: "ended", ...base, status: made.status, reason: made.reason };
  const outcome = await send(made.message, await openOf(lane, compiled, sending.doors), sending);
  if (outcome === undefined) return undefined;
  tellOfTry(sending.doors.log, delivery, { n, outcome });
  return { kind: "tried", ...base, n, outcome, payload: made.payload };
}

/** A line for each try, by which a delivery is followed from its event to its message. */
function tellOfTry(
  log: Log,
  { id, tenant, event = "", correlationId, channel }: Delivery,
  { n, outcome }: { readonly n: number; readonly outcome: Outcome },
): void {
  if (log.isInfo !== true) return;
  const { kind, out } = outcome;
  const facts = { tenant, delivery: id, event, correlation: correlationId, channel, n };
  log.info("attempt", { ...facts, outcome: kind, code: out.code, ms: out.ms });
}

function closedCode({ channel, unbound }: CompiledChannel): string | undefined {
  if (!channel.isEnabled) return "channel-disabled";
  return unbound.length > 0 ? "unbound" : undefined;
}

function downWith(code: string, st: string): Outcome {
  return { kind: "down", out: { code, st, ms: 0 } };
}

/** The lane's channel with its present configuration; what is being sent over an earlier one is finished there. */
async function openOf(lane: Lane, compiled: CompiledChannel, doors: SendDoors): Promise<OpenChannel | undefined> {
  const { opened } = lane;
  if (opened?.compiled === compiled) return opened.channel;
  const key = JSON.stringify([compiled.channel.type, compiled.config, compiled.channel.concurrency]);
  const channel = opened?.key === key ? opened.channel : open(compiled, doors);
  if (channel === undefined) return undefined;
  lane.opened = { compiled, key, channel };
  if (opened !== undefined && opened.channel !== channel) await opened.channel.close();
  return channel;
}

function open(
  { channel: { type, concurrency }, config }: CompiledChannel,
  { channelTypes, clock, site }: SendDoors,
): OpenChannel | undefined {
  return channelTypes.find((one) => one.type === type)?.open(plain(config), { clock, site, concurrency });
}

/** The configuration without the fields that it does not set. */
function plain(config: CompiledChannel["config"]): Json {
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

/** Sends within the limit; undefined when we stopped before the other side said anything that counts. */
async function send(
  message: Message,
  channel: OpenChannel | undefined,
  sending: Sending,
): Promise<Outcome | undefined> {
  if (channel === undefined) return downWith("no-such-type", "no connector for this kind of channel");
  const { timeout, sendLimit, log } = sending.doors;
  const controller = new AbortController();
  sending.sends.add(controller);
  const cancel = timeout(sendLimit, () => controller.abort());
  try {
    const outcome = await channel.send(message, controller.signal);
    const isCutOff = sending.isStopping && controller.signal.aborted;
    return isCutOff && (outcome.kind === "down" || outcome.kind === "failed") ? undefined : outcome;
  } catch (error) {
    log.error("a connector threw, which it must not", { delivery: message.id, ...errorWords(error) });
    return { kind: "failed", out: { code: "EINTERNAL", st: "the connector broke", ms: 0 } };
  } finally {
    cancel();
    sending.sends.delete(controller);
  }
}
