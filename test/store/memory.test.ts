import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { MemoryState } from "../../src/store/memory/state.ts";
import { storeContract } from "../contracts/store.ts";

storeContract("memory", () => {
  const state = new MemoryState();
  return { open: () => createMemoryEngine(state), remove: () => undefined };
});
