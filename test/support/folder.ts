import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { onTestFinished } from "vitest";

/** An empty folder (0700) that goes when the test ends. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(path.join(tmpdir(), "sealpost-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
