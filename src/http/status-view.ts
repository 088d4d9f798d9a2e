/**
 * The pages: login, status, and what went wrong.
 * @module
 */
import { SITE_TENANT } from "../core/cells.ts";
import { type Context, header } from "./context.ts";
import type { Principal } from "./auth.ts";
import { grants, type Permission } from "./permissions.ts";
import type { Problem } from "./problem.ts";
import { html, type Html } from "./status-html.ts";
import { code, pageAnswer, timesIn, zoneWords } from "./status-layout.ts";
import {
  channelsSection,
  deliveriesSection,
  failuresSection,
  kitsSection,
  ledgerSection,
  maintenanceSection,
  mutesSection,
  runsSection,
  type Shown,
  sourcesSection,
  windowsSection,
} from "./status-sections.ts";
import { type Steps, stepsSection } from "./status-steps.ts";

/** Of more tenants the one that is wanted is typed. */
const MAX_OPTIONS = 200;
const LOGIN_ERROR = "login-error";

/** The form to log in with; it tells nothing of the site. */
export function loginPage(status: 200 | 401, headers: Readonly<Record<string, string>> = {}): Response {
  const isRefused = status === 401;
  const main = html`<div class="login">
<h1>Log in to Sealpost</h1>
${isRefused && html`<p class="alert" role="alert" id="${LOGIN_ERROR}"><strong>Not logged in.</strong> The token is not known, has expired or was revoked. Check that it was copied whole, or ask for a new one.</p>`}
<form method="post" action="/login">
<input type="text" autocomplete="username" value="sealpost" readonly hidden>
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required maxlength="256" spellcheck="false" autocapitalize="off" aria-describedby="token-help${isRefused && ` ${LOGIN_ERROR}`}"${isRefused && html` aria-invalid="true"`}>
<button type="submit">Log in</button>
</form>
<p class="quiet" id="token-help">It begins with <code>spk_</code>. The page keeps no copy of it; you stay logged in for 12 hours at most.</p>
</div>`;
  const title = isRefused ? "Not logged in: Sealpost" : "Log in: Sealpost";
  return pageAnswer(status, { title, main }, headers);
}

interface Part {
  /** Whoever lacks it does not see the section. */
  readonly permission: Permission;
  readonly id: string;
  readonly heading: string;
  readonly show: (shown: Shown) => Html;
  readonly isSite?: true;
}
const PARTS: readonly Part[] = [
  { permission: "notifications.stats.read", id: "runs", heading: "What runs", show: runsSection },
  { permission: "notifications.stats.read", id: "channels", heading: "Channels that are down", show: channelsSection },
  { permission: "notifications.deliveries.read", id: "failures", heading: "Last failures", show: failuresSection },
  { permission: "notifications.stats.read", id: "deliveries", heading: "Deliveries", show: deliveriesSection },
  { permission: "notifications.events.read", id: "sources", heading: "Sources", show: sourcesSection },
  { permission: "notifications.digests.read", id: "windows", heading: "Open windows", show: windowsSection },
  { permission: "notifications.silences.read", id: "mutes", heading: "Silences in force", show: mutesSection },
  {
    permission: "notifications.maintenance.read",
    id: "maintenance",
    heading: "Maintenance in force",
    show: maintenanceSection,
  },
  { permission: "notifications.ledger.read", id: "ledger", heading: "Ledger", show: ledgerSection },
  { permission: "notifications.kits.read", id: "kits", heading: "Kits", show: kitsSection, isSite: true },
];

/** The status of a tenant, as far as its principal may see it. */
export function statusPage(given: Omit<Steps, "time">): Response {
  const { principal, tenant, status } = given;
  const shown: Steps = { ...given, time: timesIn(status.zone) };
  const parts = PARTS.filter(
    ({ permission, isSite }) => grants(principal.scopes, permission) && (isSite !== true || principal.isSite),
  );
  const steps = stepsSection(shown);
  const links = [...(steps === undefined ? [] : [{ id: "next", heading: "Next steps" }]), ...parts];
  const main = html`<h1>Status of ${tenant === SITE_TENANT ? "the site itself" : html`tenant ${code(tenant)}`}</h1>
<p>As of ${shown.time(status.at)} <span class="screen"><a href="/?tenant=${tenant}">Reload</a></span><br>
<span class="quiet">All times are in ${zoneWords(status.zone, status.at)}.</span></p>
${
  links.length === 0
    ? html`<p>This token may not read anything that is shown here. What it is for works all the same.</p>`
    : html`<nav aria-label="On this page"><ul>${links.map(({ id, heading }) => html`<li><a href="#${id}">${heading}</a></li> `)}</ul></nav>`
}
${steps}
${parts.map(({ show }) => show(shown))}`;
  return pageAnswer(200, { title: `Status of ${tenant}: Sealpost`, main, bar: barOf(shown) });
}

/** The product, the choice of a tenant for who may choose, and the way out. */
function barOf({ principal, tenant, site, isLocal }: Steps): Html {
  return html`<div class="bar"><strong>Sealpost</strong>
${principal.isSite && tenantForm(tenant, site.tenants)}
${isLocal ? html`<span>${principal.id}</span>` : logoutForm(principal)}</div>`;
}

function tenantForm(tenant: string, tenants: readonly string[]): Html {
  return html`<form method="get" action="/">
<label for="tenant">Tenant</label>
${tenants.length > MAX_OPTIONS ? html`<input id="tenant" name="tenant" value="${tenant}" required>` : tenantChoice(tenant, tenants)}
<button class="second" type="submit">Show</button>
</form>`;
}

function tenantChoice(tenant: string, tenants: readonly string[]): Html {
  const all = [...tenants.filter((id) => id !== SITE_TENANT), SITE_TENANT];
  return html`<select id="tenant" name="tenant">${all.map((id) => html`<option value="${id}"${id === tenant && html` selected`}>${id === SITE_TENANT ? "the site itself" : id}</option>`)}</select>`;
}

function logoutForm({ id }: Principal): Html {
  return html`<form method="post" action="/logout"><span class="quiet">${id}</span> <button class="second" type="submit">Log out</button></form>`;
}

const PAGE_PATHS: readonly string[] = ["/", "/login", "/logout"];

/** A problem as a page for a browser that asks for one of the pages; undefined for all others. */
export function problemPage(c: Context, found: Problem): Response | undefined {
  const { status, title, detail, errors = [], headers, code: name } = found;
  const isPage = PAGE_PATHS.includes(c.req.path) && (header(c, "accept") ?? "").toLowerCase().includes("text/html");
  if (!isPage) return undefined;
  if (name === "unauthenticated") return loginPage(401, headers);
  const main = html`<h1>${title}</h1>
${detail !== undefined && html`<p>${detail}</p>`}
${errors.length > 0 && html`<ul>${errors.map(({ pointer, detail: fault }) => html`<li>${pointer} ${fault}</li>`)}</ul>`}
<p class="quiet">${status}, ${name}</p>
<p><a href="/">To the status page</a></p>`;
  return pageAnswer(status, { title: `${title}: Sealpost`, main }, headers);
}
