import { describe, expect, test } from "vitest";
import { CliError } from "../../src/cli/error.ts";
import type { Io } from "../../src/cli/io.ts";
import { createOutput, exitCodeOf, instant, printable, reportError, tableLines } from "../../src/cli/output.ts";
import { ConfigError } from "../../src/config.ts";
import { SystemError } from "../../src/system/error.ts";

function streams(): { io: Io; seen: { out: string; err: string } } {
  const seen = { out: "", err: "" };
  const io: Io = {
    stdout: (text) => void (seen.out += text),
    stderr: (text) => void (seen.err += text),
    stdin: () => new ReadableStream<Uint8Array>(),
    env: {},
    stop: new AbortController().signal,
    isTTY: false,
  };
  return { io, seen };
}

function problem(status: number, code: string): CliError {
  return new CliError("problem", "no", {
    status,
    problem: { code, status, title: "T", detail: "d", errors: [{ pointer: "/a", detail: "why" }] },
  });
}

describe("exit codes", () => {
  test.each<[unknown, number]>([
    [new CliError("usage", ""), 2],
    [new ConfigError("x"), 2],
    [new CliError("refused", ""), 3],
    [problem(422, "KIT_FILE_HASH"), 3],
    [problem(422, "SIG_THRESHOLD"), 3],
    [problem(422, "CONTENT_INVALID"), 3],
    [problem(404, "not-found"), 4],
    [problem(409, "conflict"), 4],
    [problem(412, "stale"), 4],
    [new CliError("missing", ""), 4],
    [new CliError("conflict", ""), 4],
    [new SystemError("no-site", ""), 4],
    [new SystemError("site-exists", ""), 4],
    [Object.assign(new Error("x"), { code: "locked" }), 4],
    [Object.assign(new Error("x"), { code: "exists" }), 4],
    [new CliError("unreachable", ""), 5],
    [problem(401, "unauthenticated"), 1],
    [problem(403, "forbidden"), 1],
    [problem(422, "invalid"), 1],
    [problem(503, "overloaded"), 1],
    [new CliError("problem", "no document", { status: 500 }), 1],
    [new CliError("unexpected-answer", ""), 1],
    [new CliError("failed", ""), 1],
    [new SystemError("not-private", ""), 1],
    [new Error("any"), 1],
    ["text", 1],
  ])("%s ends with %d", (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

describe("what went wrong", () => {
  test("for people: title, detail, code, and each place", () => {
    const { io, seen } = streams();
    expect(reportError(io, false, problem(422, "invalid"))).toBe(1);
    expect(seen).toEqual({ out: "", err: "sealpost: T: d (invalid)\n  /a: why\n" });
  });

  test("what helps next stands under what went wrong; a fault of the whole has no place before it", () => {
    const { io, seen } = streams();
    const errors = [{ pointer: "", detail: "why" }];
    reportError(
      io,
      false,
      new CliError("problem", "no", { status: 401, problem: { code: "unauthenticated", title: "T", errors } }),
    );
    reportError(io, false, Object.assign(new Error("taken"), { code: "address-in-use" }));
    expect(seen.err).toMatch(
      /^sealpost: T \(unauthenticated\)\n {2}why\n {2}next: .*SEALPOST_TOKEN.*\nsealpost: taken\n {2}next: .*--listen/,
    );
  });

  test("with --json: one document on stderr, the server's own problem inside", () => {
    const { io, seen } = streams();
    reportError(io, true, problem(404, "not-found"));
    expect(seen.out).toBe("");
    expect(JSON.parse(seen.err)).toMatchObject({ exit: 4, problem: { code: "not-found", status: 404 } });
  });

  test("an error of ours has its code and words", () => {
    const { io, seen } = streams();
    reportError(io, true, new CliError("unreachable", "no server"));
    expect(JSON.parse(seen.err)).toEqual({ exit: 5, problem: { code: "unreachable", detail: "no server" } });
  });

  test("what is no error and has no code is told all the same", () => {
    const { io, seen } = streams();
    reportError(io, true, "plain");
    reportError(io, false, new CliError("problem", "the server answered 500", { problem: {} }));
    reportError(io, false, Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT", path: "/x" }));
    expect(seen.err).toBe(
      '{"exit":1,"problem":{"code":"failed","detail":"plain"}}\nsealpost: the server answered 500\nsealpost: there is no /x\n',
    );
  });

  test("tokens never reach a terminal through an error", () => {
    const { io, seen } = streams();
    reportError(io, false, new Error("bad spk_abc_secretsecret"));
    reportError(io, true, new Error("bad spk_abc_secretsecret"));
    expect(seen.err).not.toContain("secretsecret");
  });
});

describe("results", () => {
  test("for people a table, columns as wide as their widest cell", () => {
    const { io, seen } = streams();
    const out = createOutput(io, false);
    out.progress("working");
    out.result({}, (print) =>
      print.table(
        ["id", "what"],
        [
          ["1", "ångström"],
          ["1000", "two\nlines\tand tab"],
        ],
      ),
    );
    expect(seen.out).toBe("working\nID    WHAT\n1     ångström\n1000  two\\nlines and tab\n");
  });

  test("with --json one document, and no word of progress", () => {
    const { io, seen } = streams();
    const out = createOutput(io, true);
    out.progress("working");
    out.result({ a: [1] }, (print) => print.line("for people"));
    expect(seen.out).toBe('{"a":[1]}\n');
  });

  test("a table without rows is its head", () => {
    expect(tableLines(["a", "bc"], [])).toEqual(["A  BC"]);
  });

  test("what came from elsewhere cannot steer a terminal", () => {
    expect(printable("a\u001b[31mred\u0007\u009b\r\n\tb")).toBe("a\\x1b[31mred\\x07\\x9b\\x0d\n\tb");
  });

  test("an instant is UTC, nothing is nothing", () => {
    expect([instant(0), instant(undefined)]).toEqual(["1970-01-01T00:00:00.000Z", ""]);
  });
});
