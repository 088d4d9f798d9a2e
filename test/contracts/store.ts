import { afterEach, beforeEach, describe } from "vitest";
import { clockContract } from "./store/clock.ts";
import { closingContract } from "./store/closing.ts";
import { faultContract } from "./store/faults.ts";
import { identityContract } from "./store/identity.ts";
import { ledgerContract } from "./store/ledger.ts";
import { questionContract } from "./store/questions.ts";
import { readingContract } from "./store/reading.ts";
import type { EngineHome } from "./store/site.ts";
import { timerContract } from "./store/timers.ts";

export type { EngineHome } from "./store/site.ts";

const MODES = [false, true].flatMap((strict) => [1, 7, 1000].map((questions) => ({ strict, questions })));

/** What every store engine must do, under the real transactor: `makeHome` gives each test an empty place for data. */
export function storeContract(name: string, makeHome: () => EngineHome | Promise<EngineHome>): void {
  describe(`store contract: ${name}`, () => {
    let home: EngineHome;
    beforeEach(async () => {
      home = await makeHome();
    });
    afterEach(() => home.remove());
    for (const { strict, questions } of MODES) {
      const options = { strict, limits: { questions } };
      describe(`${strict ? "strict" : "reading through"}, ${questions} questions a commit`, () => {
        questionContract(() => home, options);
        timerContract(() => home, options);
        clockContract(() => home, options);
        faultContract(() => home, options);
      });
    }
    identityContract(() => home);
    readingContract(() => home);
    ledgerContract(() => home);
    closingContract(() => home);
  });
}
