import { z } from "zod";
import { Duration, Id, Line, Text } from "./object.ts";

const Host = Line(253).regex(/^[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?$/, "a host name or an address");
/** A mail address, alone. */
export const Address = Line(320).regex(/^[^\s@<>",;]+@[^\s@<>",;]+$/, "a mail address");

/** Configuration of an `email` channel: the relay of the site. */
export const EmailConfig = z.strictObject({
  /** Relay; may be left to the site by `bind`. */
  host: Host.exactOptional(),
  port: z.int().min(1).max(65_535).default(25),
  /** `none`: plain; `opportunistic`: STARTTLS where offered; `required`: STARTTLS or nothing; `implicit`: TLS from the start. */
  tls: z.enum(["none", "opportunistic", "required", "implicit"]).default("opportunistic"),
  from: Address.exactOptional(),
  /** What EHLO names; default: the site's id. */
  name: Host.exactOptional(),
  /** Send time-out. */
  timeout: Duration.default("10s"),
});
export type EmailConfig = z.infer<typeof EmailConfig>;

export const Retry = z.strictObject({
  attempts: z.int().min(1).max(100).optional(),
  base: Duration.optional(),
  cap: Duration.optional(),
});

/** Names of the values that a site may fill in itself. */
export const BINDABLE = ["host", "port", "tls", "from", "name", "to"] as const;

/** `channel/v1`: where messages go. Only the fields that are built; another one is refused by name. */
export const Channel = z
  .strictObject({
    schema: z.literal("channel/v1"),
    id: Id,
    name: Line(200).optional(),
    description: Text(4000).optional(),
    type: z.literal("email"),
    config: EmailConfig.prefault({}),
    to: z.array(Address).max(100).optional(),
    concurrency: z.int().min(1).max(64).default(8),
    retry: Retry.optional(),
    isEnabled: z.boolean().default(true),
    bind: z.array(z.enum(BINDABLE)).max(20).optional(),
  })
  .superRefine((channel, context) => {
    for (const name of ["host", "from"] as const) {
      if (channel.config[name] !== undefined || channel.bind?.includes(name) === true) continue;
      context.addIssue({ code: "custom", path: ["config", name], message: `needs a value, or "${name}" in bind` });
    }
  });
export type Channel = z.infer<typeof Channel>;

/** `binding/v1`: the values that the site filled in for one channel; its id is the channel's. */
export const Binding = z.strictObject({
  schema: z.literal("binding/v1"),
  id: Id,
  values: z.partialRecord(z.enum(BINDABLE), Line(2000).min(1)),
});
export type Binding = z.infer<typeof Binding>;
