/** The policy of a hub whose one root signs rules and templates, with its fingerprint: it can be added to any site. */
export const HUB_POLICY = {
  policy: {
    schema: "trust-policy/v1",
    version: 1,
    createdAt: "2026-06-01T10:00:00Z",
    expiresAt: null,
    keys: {
      "SHA256:SbsScrp+VkZl0few2LkDSAKrGaP+mx2AwCInVwaF7Qs": {
        spki: "MCowBQYDK2VwAyEAJ25ghztkWVfHpaEegxKy3JWV7in0S1OEAScYwChYBKc=",
        alg: "ed25519",
        owner: "carol",
        notBefore: "2026-01-01T00:00:00Z",
        notAfter: null,
      },
    },
    roles: {
      root: { keys: ["SHA256:SbsScrp+VkZl0few2LkDSAKrGaP+mx2AwCInVwaF7Qs"], threshold: 1, distinctOwners: false },
    },
    delegations: [{ stream: "hq/*", kinds: ["rules", "templates"], tenants: ["*"], role: "root" }],
    revoked: {},
    floors: {},
    maxSequenceJump: 1000,
    maxClockSkewSeconds: 86_400,
    onExpired: "needs-override",
  },
  fingerprint: "SHA256:wvlzuKZyGafNnNRIwwMpZVWzxyiSD+VkC9P2FZoPCKw",
} as const;
