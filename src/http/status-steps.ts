/**
 * What to do on a site that cannot tell anybody anything yet: commands that work as they stand, but for addresses.
 * @module
 */
import { SITE_TENANT } from "../core/cells.ts";
import type { Principal } from "./auth.ts";
import { grants, type Permission } from "./permissions.ts";
import { html, type Html } from "./status-html.ts";
import { mark, section } from "./status-layout.ts";
import type { Shown } from "./status-sections.ts";

/** Who would run the commands, and where the page was asked for. */
export interface Steps extends Shown {
  readonly principal: Principal;
  /** Came over the unix socket. */
  readonly isLocal: boolean;
  /** The `Host` header, as it was sent. */
  readonly host: string | undefined;
}

interface Step {
  readonly permission: Permission;
  readonly isDone: boolean;
  readonly words: string;
  readonly command: string;
}

const HOST = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]{2,39}\])(?::\d{1,5})?$/;
const DEFAULT_HOST = "127.0.0.1:8080";
const CHANNEL = "my-mail";

/** Undefined where all is done, the tenant is the site itself, or the principal may do none of it. */
export function stepsSection(shown: Steps): Html | undefined {
  const { principal, tenant } = shown;
  const steps = stepsOf(shown).filter(({ permission }) => grants(principal.scopes, permission));
  if (tenant === SITE_TENANT || steps.every(({ isDone }) => isDone)) return undefined;
  const tokenWords = shown.isLocal
    ? html`<p>Over the folder's own socket no token is needed; <code>DIR</code> is the folder.</p>`
    : html`<p>With a token that may do it: <code>export TOKEN=spk_...</code></p>`;
  return section(
    "next",
    "Next steps",
    html`${tokenWords}
<ol>
${steps.map(
  ({ isDone, words, command }) => html`<li>${mark(isDone ? "good" : "wait", isDone ? "done" : "to do")} ${words}
${!isDone && html`<pre>${command}</pre>`}</li>
`,
)}</ol>`,
  );
}

function stepsOf(shown: Steps): Step[] {
  const { setup, sources } = shown.status;
  return [
    channelStep(shown),
    {
      permission: "notifications.rules.manage",
      isDone: setup.rules > 0,
      words: "A rule that says what is told to whom.",
      command: send(shown, "/api/v1/rules", {
        schema: "rule/v1",
        id: "my-backups",
        match: { types: ["backup.*"] },
        actions: [{ id: "my-backups-mail", channel: setup.unbound[0]?.id ?? setup.channel ?? CHANNEL }],
      }),
    },
    {
      permission: "events.write",
      isDone: sources.count > 0,
      words: "An event.",
      command: send(
        shown,
        "/api/v1/events",
        {
          specversion: "1.0",
          id: "1",
          source: "/plant/7",
          type: "backup.failed",
          severitytext: "high",
          data: { labels: { host: "db1" } },
        },
        "application/cloudevents+json",
      ),
    },
  ];
}

/** A channel that waits for its values is bound; where there is none, one is made. */
function channelStep(shown: Steps): Step {
  const { setup } = shown.status;
  const permission = "notifications.channels.manage";
  const [first] = setup.unbound;
  const values = { host: "relay.example", port: "25", from: "alerts@example.org", to: "you@example.org" };
  if (setup.channels === 0) {
    const { to, host, from } = values;
    const channel = { schema: "channel/v1", id: CHANNEL, type: "email", config: { host, port: 25, from }, to: [to] };
    const command = send(shown, "/api/v1/channels", channel);
    return { permission, isDone: false, words: "A channel: a mail relay, with a sender and an addressee.", command };
  }
  const isDone = first === undefined || setup.channels > setup.unbound.length;
  const given = Object.fromEntries(Object.entries(values).filter(([name]) => first?.values.includes(name) ?? false));
  return {
    permission,
    isDone,
    words: isDone
      ? "A channel."
      : `The values that channel ${first.id} lacks: a mail relay, a sender and an addressee.`,
    command: send(shown, `/api/v1/channels/${first?.id ?? CHANNEL}/bind`, { values: given }),
  };
}

/** A command line: nothing in it comes from outside but ids, and a host that is one. */
function send(
  { isLocal, host, principal, tenant }: Steps,
  path: string,
  body: object,
  type = "application/json",
): string {
  const at = host !== undefined && HOST.test(host) ? host : DEFAULT_HOST;
  const where = isLocal ? `--unix-socket DIR/sealpost.sock http://localhost${path}` : `http://${at}${path}`;
  const headers = [
    ...(isLocal ? [] : ['-H "authorization: Bearer $TOKEN"']),
    ...(principal.isSite ? [`-H 'sealpost-tenant: ${tenant}'`] : []),
    `-H 'content-type: ${type}'`,
  ];
  return [`curl -sS ${where}`, `  ${headers.join(" ")}`, `  -d '${JSON.stringify(body)}'`].join(" \\\n");
}
