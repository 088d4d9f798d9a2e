/** What a person does next, by the code of what went wrong; codes whose message says it already are not here. */
const STEPS: ReadonlyMap<string, string> = new Map([
  ["unauthenticated", "put a token that is good into SEALPOST_TOKEN, or name the folder with --data, which needs none"],
  ["tenant-mismatch", "leave --tenant away, or take a token of that tenant"],
  ["site-only", "ask over the folder: --data DIR in place of --url"],
  ["tenant-unknown", "sealpost tenants list shows those that there are"],
  ["address-in-use", "end what listens there, or take another address: --listen HOST:PORT"],
  ["locked", "a server or another command works in it: ask that one with the same --data, or end it first"],
  ["exists", "serve it (sealpost serve), or name another folder"],
  ["site-exists", "serve it (sealpost serve), or name another folder"],
]);

/** The line that says what to do next about a problem of this code; undefined where there is nothing to add. */
export function nextStep(code: string | undefined): string | undefined {
  const step = code === undefined ? undefined : STEPS.get(code);
  return step === undefined ? undefined : `  next: ${step}`;
}
