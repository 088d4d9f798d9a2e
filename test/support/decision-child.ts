// Prints the outcome of the scenario as a process of its own: node decision-child.ts <questions> <strict>
import { runScenario } from "./decision-scenario.ts";

const [questions, strict] = process.argv.slice(2);
const { outcome } = await runScenario({ questions: Number(questions), strict: strict === "strict" });
process.stdout.write(`${JSON.stringify(outcome)}\n`);
