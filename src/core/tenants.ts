/** Tenants that a store takes, the site among them; whoever lists them all asks for as many. */
export const MAX_TENANTS = 8191;
