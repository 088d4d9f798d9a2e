import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as fs from "node:fs/promises";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { createTransport } from "nodemailer";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type DroppedMails,
  isMailId,
  type Maildrop,
  type MailHead,
  openMaildrop,
  readMaildrop,
} from "../../src/sources/maildrop.ts";

let dir = "";
const opened: Maildrop[] = [];
const open = async (given: { readonly keep?: number; readonly port?: number } = {}): Promise<Maildrop> => {
  const drop = await openMaildrop({ dir, port: 0, ...given });
  opened.push(drop);
  return drop;
};
const list = async (drop: DroppedMails, limit: number, after?: string): Promise<MailHead[]> => {
  const heads: MailHead[] = [];
  for await (const head of drop.heads(after)) if (heads.push(head) === limit) break;
  return heads;
};
const send = async (
  port: number,
  mail: Parameters<ReturnType<typeof createTransport>["sendMail"]>[0],
  auth?: { user: string; pass: string },
): Promise<void> => {
  const transport = createTransport({ host: "127.0.0.1", port, ...(auth === undefined ? {} : { auth }) });
  await transport.sendMail({ from: "sealpost@plant.example", to: "ops@plant.example", ...mail });
  transport.close();
};

beforeEach(async () => {
  dir = path.join(await fs.mkdtemp(path.join(os.tmpdir(), "maildrop-")), "drop");
});
afterEach(async () => {
  for (const drop of opened.splice(0)) await drop.close();
  await fs.rm(path.dirname(dir), { recursive: true, force: true });
});

describe("the mail sink", () => {
  test("keeps each mail as a file and shows what is in it", async () => {
    const drop = await open();
    await send(drop.port, {
      subject: "Смяна",
      text: "hot\n",
      html: "<p>hot</p>",
      headers: { "Sealpost-Delivery": "dl_1" },
      to: ["a@plant.example", "b@plant.example"],
    });
    const [mail] = await list(drop, 10);
    expect(mail).toMatchObject({
      from: "sealpost@plant.example",
      to: ["a@plant.example", "b@plant.example"],
      subject: "Смяна",
    });
    const found = await drop.get(mail?.id ?? "");
    expect(found?.html?.trim()).toBe("<p>hot</p>");
    expect(found?.text.trim()).toBe("hot");
    expect(mail?.headers).toContainEqual({ name: "Sealpost-Delivery", value: "dl_1" });
    expect(Math.abs((mail?.receivedAt ?? 0) - Date.now())).toBeLessThan(10_000);
    const files = await fs.readdir(dir);
    expect(files).toEqual([`${mail?.id}.eml`]);
    expect(files[0]).toMatch(/^000001-[0-9a-f]{8}\.eml$/);
    const stat = await fs.stat(path.join(dir, files[0] ?? ""));
    expect(stat.mode & 0o777).toBe(0o600);
    expect(mail?.size).toBe(stat.size);
    expect(found).toMatchObject({ ...mail });
    expect(await drop.head(mail?.id ?? "")).toEqual(mail);
    expect(await fs.readFile(path.join(dir, files[0] ?? ""), "utf8")).toContain("Delivered-To: a@plant.example\r\n");
  });

  test("newest first, as many as are asked for, and no more than are kept", async () => {
    const drop = await open({ keep: 3 });
    for (const subject of ["1", "2", "3", "4", "5"]) await send(drop.port, { subject, text: subject });
    expect((await list(drop, 10)).map(({ subject }) => subject)).toEqual(["5", "4", "3"]);
    expect((await list(drop, 1)).map(({ subject }) => subject)).toEqual(["5"]);
    expect(await fs.readdir(dir)).toHaveLength(3);
  });

  test("goes on after a mail, also after one that is gone meanwhile", async () => {
    const drop = await open();
    for (const subject of ["1", "2", "3"]) await send(drop.port, { subject, text: subject });
    const [newest] = await list(drop, 1);
    const subjects = async (): Promise<string[]> => (await list(drop, 10, newest?.id)).map(({ subject }) => subject);
    expect(await subjects()).toEqual(["2", "1"]);
    await fs.rm(path.join(dir, `${newest?.id}.eml`));
    expect(await subjects()).toEqual(["2", "1"]);
    expect([isMailId(newest?.id ?? ""), isMailId("../000001-00000000")]).toEqual([true, false]);
  });

  test("a head costs the header alone, and only once it is asked for", async () => {
    const drop = readMaildrop(dir);
    await fs.mkdir(path.join(dir, "000001-00000000.eml"), { recursive: true }); // nobody can read it
    for (let at = 2; at < 32; at++) {
      const file = path.join(dir, `${String(at).padStart(6, "0")}-00000000.eml`);
      await fs.writeFile(file, `Delivered-To: a@b.example\r\nSubject: ${at}\r\n\r\nSubject: not this\r\n`);
      await fs.truncate(file, 10 * 2 ** 20);
    }
    const before = bytesRead();
    const heads = await list(drop, 30);
    expect(heads.map(({ subject }) => Number(subject))).toEqual(Array.from({ length: 30 }, (_, at) => 31 - at));
    expect(heads[0]).toMatchObject({ size: 10 * 2 ** 20, to: ["a@b.example"] });
    expect(bytesRead() - before).toBeLessThan(30 * 2 ** 17);
    await expect(list(drop, 31)).rejects.toThrow("EISDIR");
  });

  test("a mail without an end of its header is shown by what it has", async () => {
    await fs.mkdir(dir);
    await fs.writeFile(path.join(dir, "000001-00000000.eml"), "Subject: cut");
    await fs.writeFile(path.join(dir, "000002-00000000.eml"), "");
    expect((await list(readMaildrop(dir), 3)).map(({ subject }) => subject)).toEqual(["", "cut"]);
  });

  test("goes on where it stopped; what a crash left half-written is taken away", async () => {
    const drop = await open();
    await send(drop.port, { subject: "1", text: "x" });
    await drop.close();
    await fs.writeFile(path.join(dir, "000002-00000000.eml.part"), "half");
    await fs.writeFile(path.join(dir, "notes.txt"), "not ours");
    const again = await open();
    await send(again.port, { subject: "2", text: "x" });
    expect((await list(again, 10)).map(({ subject, id }) => [subject, id.slice(0, 6)])).toEqual([
      ["2", "000002"],
      ["1", "000001"],
    ]);
    expect((await fs.readdir(dir)).filter((name) => !name.endsWith(".eml"))).toEqual(["notes.txt"]);
  });

  test("can be read without being open; what is not there is not found", async () => {
    expect(await list(readMaildrop(dir), 10)).toEqual([]);
    const drop = await open();
    await send(drop.port, { subject: "1", text: "x" });
    const reader = readMaildrop(dir);
    expect(await list(reader, 10)).toEqual(await list(drop, 10));
    for (const id of ["000009-00000000", "../../etc/passwd", "notes", ""]) expect(await reader.get(id)).toBeUndefined();
  });

  test("a folder that cannot be read is an error, not an empty drop", async () => {
    await fs.writeFile(dir, "a file");
    await expect(list(readMaildrop(dir), 1)).rejects.toThrow("ENOTDIR");
    await expect(readMaildrop(dir).get("000001-00000000")).rejects.toThrow("ENOTDIR");
  });

  test("greets at once, and takes any login", async () => {
    const drop = await open();
    const waits: number[] = [];
    for (let time = 0; time < 5; time++) {
      const began = performance.now();
      expect(await greetingOf(drop.port)).toMatch(/^220 maildrop ESMTP/);
      waits.push(performance.now() - began);
    }
    expect(Math.min(...waits)).toBeLessThan(80); // a server that waits for early talkers takes 100 each time
    await send(drop.port, { subject: "login", text: "x" }, { user: "anybody", pass: "anything" });
    expect(await list(drop, 1)).toHaveLength(1);
  });

  test("a mail that is too large is refused and not kept", async () => {
    const drop = await open();
    await expect(send(drop.port, { subject: "large", text: "0123456789abcde\n".repeat(700_000) })).rejects.toThrow(
      /552/,
    );
    expect(await list(drop, 1)).toEqual([]);
    await send(drop.port, { subject: "small", text: "x" });
    expect(await list(drop, 1)).toHaveLength(1);
  });

  test("a mail that cannot be kept is not answered 250", async () => {
    const drop = await open();
    await fs.rm(dir, { recursive: true });
    await expect(send(drop.port, { subject: "lost", text: "x" })).rejects.toThrow(/451 the mail could not be kept/);
  });

  test("a client that goes away in the middle disturbs nobody", async () => {
    const drop = await open();
    await new Promise<void>((resolve) => {
      const socket = net.connect(drop.port, "127.0.0.1", () =>
        socket.write("EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nhalf a mail"),
      );
      setTimeout(() => {
        socket.resetAndDestroy();
        resolve();
      }, 50);
    });
    await send(drop.port, { subject: "whole", text: "x" });
    expect((await list(drop, 10)).map(({ subject }) => subject)).toEqual(["whole"]);
  });

  test("a port that is taken is an error", async () => {
    const drop = await open();
    await expect(openMaildrop({ dir, port: drop.port })).rejects.toThrow("EADDRINUSE");
  });

  test("mails at once are all kept, each under its own number", async () => {
    const drop = await open();
    await Promise.all(
      Array.from({ length: 20 }, async (_, at) => await send(drop.port, { subject: String(at), text: "x" })),
    );
    const mails = await list(drop, 100);
    expect(new Set(mails.map(({ id }) => id.slice(0, 6))).size).toBe(20);
    expect(mails.map(({ subject }) => Number(subject)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, at) => at),
    );
  });

  test.runIf(hasSwaks())("swaks talks to it", async () => {
    const drop = await open();
    const argv = [
      "--server",
      "127.0.0.1",
      "--port",
      String(drop.port),
      "--from",
      "a@b.example",
      "--to",
      "c@d.example",
      "--header",
      "Subject: by swaks",
      "--auth",
      "PLAIN",
      "--auth-user",
      "u",
      "--auth-password",
      "p",
    ];
    const { promise, resolve } = Promise.withResolvers<string>();
    execFile("swaks", argv, (_error, stdout, stderr) => resolve(stdout + stderr));
    expect(await promise).toContain("<-  250");
    expect((await list(drop, 1))[0]).toMatchObject({ subject: "by swaks", from: "a@b.example", to: ["c@d.example"] });
  });
});

/** Bytes that this process has read, of files and all else. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

function hasSwaks(): boolean {
  try {
    execFileSync("swaks", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function greetingOf(port: number): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.once("error", reject);
    socket.once("data", (chunk) => {
      resolve(chunk.toString());
      socket.end();
    });
  });
}
