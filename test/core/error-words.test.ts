import { expect, it } from "vitest";
import { CoreError } from "../../src/core/error.ts";
import { errorWords } from "../../src/core/error-words.ts";

const SAID = "to boss@plant.example";

it.each([
  ["one of ours", new CoreError("bad-leaf", SAID), { error: "CoreError", code: "bad-leaf" }],
  ["one of Node's", Object.assign(new Error(SAID), { code: "ENOSPC" }), { error: "Error", code: "ENOSPC" }],
  [
    "an unknown one",
    new TypeError(SAID),
    { error: "TypeError", at: expect.stringMatching(/^at .*error-words\.test\.ts:/) },
  ],
  ["one without a stack", Object.assign(new Error(SAID), { stack: SAID }), { error: "Error" }],
  [
    "one with words for name and code",
    Object.assign(new Error(SAID), { name: SAID, code: SAID, stack: "" }),
    { error: "Error" },
  ],
  ["no error at all", SAID, { error: "string" }],
])("of %s: name, code or place, never the message", (_, thrown, words) => {
  expect(errorWords(thrown)).toEqual(words);
});
