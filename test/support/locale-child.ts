// Prints what the templates with messages render to, in several languages and zones: node locale-child.ts
import { renderedEverywhere } from "./locales.ts";

process.stdout.write(`${JSON.stringify(renderedEverywhere())}\n`);
