/**
 * Every reason code that a delivery, a channel or a leaf can give, with the sentence that people read.
 * The list is closed: a code that is not here cannot be written.
 */
export const REASONS = {
  "draft-limit": "The event made more deliveries than one event may; the rest are counted here.",
  deduplicated: "The same was told within the window; repeats are not.",
  "quiet-hours": "It came in quiet hours; it is told when they end.",
  debounced: "It repeats what was just told; one message tells of the repeats.",
  coalesced: "It is told with others in one message.",
  throttled: "The action sent as many messages as it may; more were refused.",
  "rule-limit": "The rule sent as many messages as it may; more were refused.",
  "tenant-quota": "The tenant sent as many messages as it may; more were refused.",
  stale: "All that it would tell was older than the action tells.",
  "window-dropped": "A person deleted the window; what it held is not told.",
  reopened: "A person opened the window again; it is told when that closes.",
  merged: "What it held was moved to a newer window.",
  "channel-missing": "The action names a channel that does not exist.",
  "channel-disabled": "The channel is switched off.",
  "channel-down": "The channel cannot be reached; what waits for it is kept.",
  unbound: "The site has not filled in a value that the channel needs.",
  "no-recipient": "Neither the action nor its channel names an addressee.",
  silenced: "A silence that people set covers the labels of this event.",
  maintenance: "A maintenance window covers the labels of this event.",
  "rule-suppressed": "The rule is suppressed for a while.",
  "template-missing": "The action and its channel name no template that exists.",
  "render-failed": "The message could not be made from its template.",
  temporary: "The other side could not take the message now; it is tried again.",
  refused: "The other side refused the message for good.",
  permanent: "The other side says that this addressee will never work.",
  exhausted: "The last try failed.",
  connect: "No connection to the other side.",
  dns: "The name of the other side could not be resolved.",
  tls: "The other side's certificate or encryption was not accepted.",
  auth: "The other side did not accept our credentials.",
  timeout: "The other side did not answer in time.",
  unavailable: "The other side says that it is not available now.",
  "failing-messages": "Five messages in a row failed on this channel.",
  recovered: "The channel works again.",
  "unclean-stop": "The process stopped while this was being sent; it may have been sent before.",
  asked: "A person asked for it.",
  permission: "The principal may not do this.",
  tenant: "The principal belongs to another tenant.",
} as const satisfies Readonly<Record<string, string>>;

export type ReasonCode = keyof typeof REASONS;

/** Whether a word is a reason code. */
export function isReasonCode(word: string): word is ReasonCode {
  return Object.hasOwn(REASONS, word);
}

/** The sentence that people read for a code. */
export function reasonText(code: ReasonCode): string {
  return REASONS[code];
}
