import type { Command } from "./command.ts";
import { initTrust } from "./trust-init.ts";
import { packTrust } from "./trust-pack.ts";
import { propose } from "./trust-propose.ts";
import { attachTrust, signTrust, statementTrust } from "./trust-sign.ts";
import { addTrust, showTrust } from "./trust-site.ts";

/** `sealpost trust init|propose|sign|statement|attach|pack|show|add`. */
export const trust: Command = {
  register: (program, context) => {
    const noun = program
      .command("trust")
      .description("trust policies: who may sign which kits, and who may change that");
    initTrust(noun, context);
    propose(noun, context);
    signTrust(noun, context);
    statementTrust(noun, context);
    attachTrust(noun, context);
    packTrust(noun, context);
    showTrust(noun, context);
    addTrust(noun, context);
  },
};
