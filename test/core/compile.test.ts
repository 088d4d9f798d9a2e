import { expect, test } from "vitest";
import { addresses, bindChannel, cfgOf, compile, mergedMap } from "../../src/core/compile.ts";
import { Binding, Channel } from "../../src/core/channel.ts";
import { generation } from "../../src/core/generation.ts";
import { channel, checked, compiledOf, mapOf, rule, template } from "../support/objects.ts";

const bindable = Channel.parse({
  schema: "channel/v1",
  id: "ops-mail",
  type: "email",
  bind: ["host", "port", "from", "to"],
});
const binding = (values: Record<string, string>) => Binding.parse({ schema: "binding/v1", id: "ops-mail", values });

test("a tenant's own object replaces the site's of that kind and id", () => {
  const site = generation(1, { "rules/a": "1", "rules/b": "1" }, {});
  const own = generation(1, { "rules/b": "2" }, {});
  expect(mergedMap(site, own)).toEqual({ "rules/a": "1", "rules/b": "2" });
});

test("cfg does not depend on what the site fills in, and on all else", () => {
  const map = { "rules/a": "1", "channels/c": "2" };
  expect(cfgOf({ ...map, "binding/c": "3" })).toBe(cfgOf(map));
  expect(cfgOf({ ...map, "rules/a": "9" })).not.toBe(cfgOf(map));
  expect(cfgOf(map)).toMatch(/^[0-9a-f]{16}$/);
});

test("a compiled map has its rules, channels and templates", () => {
  const compiled = compiledOf([rule("a"), rule("off", { isEnabled: false }), channel(), template()]);
  expect([compiled.rules.size, [...compiled.channels.keys()], [...compiled.templates.keys()]]).toEqual([
    1,
    ["ops-mail"],
    ["tmpl-event"],
  ]);
  expect(compiled.channels.get("ops-mail")).toMatchObject({ to: ["ops@plant.example"], unbound: [] });
});

test("what the site has not filled in is named", () => {
  expect(bindChannel(bindable, "h", undefined).unbound).toEqual(["host", "from", "to"]);
  expect(bindChannel(bindable, "h", binding({ host: "relay" })).unbound).toEqual(["from", "to"]);
});

test("what the site filled in is used, and only where the channel leaves it to the site", () => {
  const bound = bindChannel(
    bindable,
    "h",
    binding({ host: "relay", port: "2525", from: "a@b.example", to: "x@y.example, z@y.example", tls: "required" }),
  );
  expect(bound).toMatchObject({
    config: { host: "relay", port: 2525, from: "a@b.example", tls: "opportunistic" },
    to: ["x@y.example", "z@y.example"],
    unbound: [],
  });
});

test("a value of no use counts as not filled in", () => {
  const bound = bindChannel(
    bindable,
    "h",
    binding({ host: "relay", port: "a lot", from: "a@b.example", to: "x@y.example" }),
  );
  expect(bound.unbound).toEqual(["port"]);
});

test("a channel's own values stand in for bindings", () => {
  const own = Channel.parse({ ...bindable, config: { host: "h", from: "f@h.example" }, to: ["t@h.example"] });
  expect(bindChannel(own, "h", undefined)).toMatchObject({ unbound: [], to: ["t@h.example"] });
});

test("a binding comes into force by its place in the map", () => {
  const object = checked("binding", { schema: "binding/v1", id: "ops-mail", values: { host: "elsewhere" } });
  const objects = [channel("ops-mail", { bind: ["host"] }), object];
  const compiled = compile(
    "default",
    mapOf(objects),
    objects.map((one) => one.object),
  );
  expect(compiled.channels.get("ops-mail")?.config.host).toBe("elsewhere");
});

test("addresses are separated by commas or spaces", () => {
  expect(addresses(" a@b, c@d  e@f,")).toEqual(["a@b", "c@d", "e@f"]);
});
