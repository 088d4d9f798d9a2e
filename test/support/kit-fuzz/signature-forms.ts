/**
 * Other forms of a signature: for ECDSA the twin that is as good, and encodings of either kind that must not be.
 * @module
 */
import type { Draw } from "./draw.ts";

/** Order of P-256 and of Ed25519's base point. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

interface Pair {
  readonly r: bigint;
  readonly s: bigint;
}

const hex = (bytes: Uint8Array): bigint => BigInt(`0x0${Buffer.from(bytes).toString("hex")}`);
const bytesOf = (value: bigint): Buffer => {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
};

/** The two numbers of an ECDSA signature in DER, or undefined for any other bytes. */
export function pairOf(der: Buffer): Pair | undefined {
  const length = der[3] ?? 0;
  const r = der.subarray(4, 4 + length);
  const s = der.subarray(6 + length);
  const pair = { r: hex(r), s: hex(s) };
  return encoded(pair).equals(der) ? pair : undefined;
}

function encoded({ r, s }: Pair): Buffer {
  return sequence([integer(r), integer(s)]);
}

function sequence(parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function integer(value: bigint, pad = 0): Buffer {
  const bytes = bytesOf(value);
  const full = Buffer.concat([Buffer.alloc(pad + ((bytes[0] ?? 0) > 0x7f ? 1 : 0)), bytes]);
  return Buffer.concat([Buffer.from([2, full.length]), full]);
}

/** What a signature is but for the choice between the twins of ECDSA: (r, s) and (r, n - s) are one to every verifier. */
export function signatureClass(sig: Buffer): string {
  const pair = pairOf(sig);
  if (pair === undefined) return sig.toString("hex");
  const low = pair.s > N / 2n ? N - pair.s : pair.s;
  return `${pair.r} ${low}`;
}

/** The twin of an ECDSA signature (base64); any other stays. */
export function twinSignature(sig: string): string {
  const pair = pairOf(Buffer.from(sig, "base64"));
  return pair === undefined ? sig : encoded({ ...pair, s: N - pair.s }).toString("base64");
}

type Encoding = (sig: string) => string;

const ofEd25519 =
  (change: (sig: Buffer) => Uint8Array): Encoding =>
  (sig) =>
    Buffer.from(change(Buffer.from(sig, "base64"))).toString("base64");

function withHighBit(bytes: Buffer, bit: number): Buffer {
  const high = Buffer.from(bytes);
  if (high.length > 0) high.writeUInt8((high.at(-1) ?? 0) | bit, high.length - 1);
  return high;
}

/** Forms of an Ed25519 signature (base64) that none may accept. */
export const ed25519Encodings: Readonly<Record<string, Encoding>> = {
  "S and the order": ofEd25519((bytes) => {
    const s = hex(bytes.subarray(32).toReversed()) + L;
    const added = Buffer.from(s.toString(16).padStart(64, "0").slice(-64), "hex").toReversed();
    return Buffer.concat([bytes.subarray(0, 32), added]);
  }),
  "bit 255 of S": ofEd25519((bytes) => withHighBit(bytes, 0x80)),
  "bit 253 of S": ofEd25519((bytes) => withHighBit(bytes, 0x20)),
  "a byte behind": ofEd25519((bytes) => Buffer.concat([bytes, Buffer.alloc(1)])),
  "a byte less": ofEd25519((bytes) => bytes.subarray(0, -1)),
};

const ofPair =
  (change: (pair: Pair) => Buffer): Encoding =>
  (sig) => {
    const pair = pairOf(Buffer.from(sig, "base64"));
    return pair === undefined ? sig : change(pair).toString("base64");
  };

/** Forms of an ECDSA signature (base64) that none may accept. */
export const ecdsaEncodings: Readonly<Record<string, Encoding>> = {
  "r and the order": ofPair(({ r, s }) => encoded({ r: r + N, s })),
  "s and the order": ofPair(({ r, s }) => encoded({ r, s: s + N })),
  "a zero before r": ofPair(({ r, s }) => sequence([integer(r, 1), integer(s)])),
  "a zero before s": ofPair(({ r, s }) => sequence([integer(r), integer(s, 1)])),
  "a third member": ofPair(({ r, s }) => sequence([integer(r), integer(s), Buffer.from("0500", "hex")])),
  "a long length": ofPair((pair) => Buffer.concat([Buffer.from([0x30, 0x81]), encoded(pair).subarray(1)])),
  "no length": ofPair((pair) => Buffer.concat([Buffer.from([0x30, 0x80]), encoded(pair).subarray(2), Buffer.alloc(2)])),
  "a byte behind": ofPair((pair) => Buffer.concat([encoded(pair), Buffer.alloc(1)])),
  "r||s": ofPair(({ r, s }) => Buffer.from([r, s].map((one) => one.toString(16).padStart(64, "0")).join(""), "hex")),
  zeros: ofPair(() => encoded({ r: 0n, s: 0n })),
  "no s": ofPair(({ r }) => encoded({ r, s: 0n })),
  orders: ofPair(() => encoded({ r: N, s: N })),
};

/** The same signature in an encoding that none may accept. */
export function otherEncoding(sig: string, draw: Draw): string {
  const forms = pairOf(Buffer.from(sig, "base64")) === undefined ? ed25519Encodings : ecdsaEncodings;
  return draw.pick(Object.values(forms))(sig);
}
