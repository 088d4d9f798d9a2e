import { storeContract } from "../contracts/store.ts";
import { storeHome } from "../support/store-home.ts";

storeContract("libsql", () => {
  const home = storeHome();
  return { open: (options) => home.open(options), remove: home.remove };
});
