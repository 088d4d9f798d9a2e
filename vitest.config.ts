import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/seeded.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default", ["json", { outputFile: "dist/reports/unit.json" }]],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      // main.ts is the process itself and native.ts runs only inside the executable: scripts/check-binary.mjs drives both.
      exclude: ["src/main.ts", "src/store/libsql/native.ts"],
      reporter: ["text", "json-summary"],
      reportsDirectory: "coverage",
      thresholds: {
        lines: 90,
        branches: 90,
        statements: 90,
        "src/core/**": { lines: 95, branches: 95 },
      },
    },
  },
});
