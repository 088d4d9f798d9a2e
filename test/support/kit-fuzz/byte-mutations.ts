/**
 * Mutations of a kit as bytes, headers and entries.
 * @module
 */
import { BLOCK } from "../../../src/signing/archive-header.ts";
import { type Archive, joinArchive, type Part, partOf, pathOf, splitArchive } from "./archive.ts";
import type { Draw } from "./draw.ts";

/** What a mutation may draw on: its choices, and the bytes of other kits. */
export interface Source {
  readonly draw: Draw;
  readonly others: readonly Buffer[];
}
export type Mutation = (bytes: Buffer, source: Source) => Buffer;

/** A mutation of the parts of a kit. */
export function onParts(change: (archive: Archive, source: Source) => void): Mutation {
  return (bytes, source) => {
    const archive = splitArchive(bytes);
    if (archive.parts.length === 0) return bytes;
    change(archive, source);
    return joinArchive(archive);
  };
}

function spliced(bytes: Buffer, at: number, drop: number, put: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)]);
}

function withByte(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = change(bytes[at] ?? 0);
  return changed;
}

/** Changes of bytes, wherever they stand. */
export const BYTE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  bit: (bytes, { draw }) => withByte(bytes, draw.below(bytes.length), (byte) => byte ^ (1 << draw.below(8))),
  byte: (bytes, { draw }) =>
    withByte(bytes, draw.below(bytes.length), () => draw.pick([0, 10, 32, 34, 47, 48, 92, 127, 255, draw.below(256)])),
  "bytes in": (bytes, { draw }) =>
    spliced(bytes, draw.below(bytes.length + 1), 0, draw.bytes(draw.pick([1, 2, 511, 512, 513]))),
  "bytes out": (bytes, { draw }) =>
    spliced(bytes, draw.below(bytes.length), draw.pick([1, 2, 511, 512, 513, 1024]), Buffer.alloc(0)),
  "bytes zero": (bytes, { draw }) => {
    const length = draw.pick([1, 8, 100, 512, 1024]);
    return spliced(bytes, draw.below(bytes.length), length, Buffer.alloc(length)).subarray(0, bytes.length);
  },
  "blocks swapped": (bytes, { draw }) => {
    const [one, two] = [draw, draw].map(({ below }) => below(Math.ceil(bytes.length / BLOCK)) * BLOCK);
    const changed = Buffer.from(bytes);
    bytes.copy(changed, one, two, (two ?? 0) + BLOCK);
    bytes.copy(changed, two, one, (one ?? 0) + BLOCK);
    return changed;
  },
  "block doubled": (bytes, { draw }) => {
    const at = draw.below(Math.ceil(bytes.length / BLOCK)) * BLOCK;
    return spliced(bytes, at, 0, bytes.subarray(at, at + BLOCK));
  },
  "block out": (bytes, { draw }) =>
    spliced(bytes, draw.below(Math.ceil(bytes.length / BLOCK)) * BLOCK, BLOCK, Buffer.alloc(0)),
  truncated: (bytes, { draw }) =>
    bytes.subarray(0, draw.chance(0.5) ? draw.below(bytes.length) : draw.below(bytes.length / BLOCK) * BLOCK),
  extended: (bytes, { draw, others }) =>
    Buffer.concat([
      bytes,
      draw.pick([Buffer.alloc(1), Buffer.alloc(BLOCK), Buffer.alloc(9216), draw.bytes(7), ...others]),
    ]),
};

const FIELDS: Readonly<Record<string, readonly [at: number, length: number]>> = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  link: [157, 100],
  magic: [257, 6],
  version: [263, 2],
  owner: [265, 32],
  group: [297, 32],
  major: [329, 8],
  minor: [337, 8],
  prefix: [345, 155],
  rest: [500, 12],
};
const TYPES = ["\0", "1", "2", "3", "4", "5", "6", "7", "g", "x", "L", "K", "S", "V", "M", "\u0080"];
const SIZES = [
  "77777777777",
  "00000000000",
  "-0000000001",
  "99999999999",
  "0x000000010",
  "          1",
  "\x80\0\0\0\0\0\0\0\0\x01",
];

/** Makes the checksum of a header right. */
function sealed(header: Buffer): void {
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}

function somePart({ parts }: Archive, draw: Draw): Part {
  return draw.pick(parts);
}

/** Changes of headers, with the checksum made right and without. */
const HEADER_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "header field": onParts((archive, { draw }) => {
    const { header } = somePart(archive, draw);
    const [at, length] = draw.pick(Object.values(FIELDS));
    const odd = draw.pick([
      draw.bytes(length),
      Buffer.alloc(length),
      Buffer.alloc(length, " "),
      Buffer.alloc(length, "7"),
    ]);
    if (draw.chance(0.5)) header.set(odd, at);
    else header.writeUInt8(draw.below(256), at + draw.below(length));
    if (draw.chance(0.8)) sealed(header);
  }),
  "header type": onParts((archive, { draw }) => {
    const { header } = somePart(archive, draw);
    header.write(draw.pick(TYPES), 156, "latin1");
    sealed(header);
  }),
  "header size": onParts((archive, { draw }) => {
    const { header, content } = somePart(archive, draw);
    const near = [1, -1, 512, -512, 1024].map((by) =>
      Math.max(content.length + by, 0)
        .toString(8)
        .padStart(11, "0"),
    );
    header.write(draw.pick([...near, ...SIZES]), 124, "latin1");
    if (draw.chance(0.9)) sealed(header);
  }),
  padding: onParts((archive, { draw }) => {
    const part = somePart(archive, draw);
    if (part.padding.length > 0) part.padding[draw.below(part.padding.length)] = 1 + draw.below(255);
  }),
};

const PATHS = [
  "offline-kit.json",
  "SHA256SUMS",
  "attestations/x.sigstore.json",
  "attestations/zz.sigstore.json",
  "attestations/../x.sigstore.json",
  "attestations/.sigstore.json",
  "content/rules/acme/zz.json",
  "../../etc/passwd",
  "/etc/passwd",
  "content/rules/acme/",
  "",
  " ",
  "\u00e9",
];

/** Changes of entries: each is well formed, but does not belong there. */
const ENTRY_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "entry out": onParts((archive, { draw }) => {
    archive.parts.splice(draw.below(archive.parts.length), 1);
  }),
  "entry doubled": onParts((archive, { draw }) => {
    archive.parts.splice(draw.below(archive.parts.length + 1), 0, somePart(archive, draw));
  }),
  "entries swapped": onParts((archive, { draw }) => {
    const [part] = archive.parts.splice(draw.below(archive.parts.length), 1);
    if (part !== undefined) archive.parts.splice(draw.below(archive.parts.length + 1), 0, part);
  }),
  "contents swapped": onParts((archive, { draw }) => {
    const [one, two] = [somePart(archive, draw), somePart(archive, draw)];
    [one.content, two.content] = [two.content, one.content];
    [one.padding, two.padding] = [two.padding, one.padding];
    if (draw.chance(0.5)) for (const part of [one, two]) Object.assign(part, partOf(pathOf(part), part.content));
  }),
  "entry renamed": onParts((archive, { draw }) => {
    const part = somePart(archive, draw);
    const path = pathOf(part);
    const near = [
      path.toUpperCase(),
      path.replace("/", "//"),
      `./${path}`,
      `${path}~`,
      path.replace("attestations/", "attestations/A"),
    ];
    Object.assign(part, partOf(draw.pick([...near, ...PATHS]), part.content));
  }),
  "entry in": onParts((archive, { draw }) => {
    const part = partOf(draw.pick(PATHS), draw.bytes(draw.pick([0, 1, 100, 512, 600])));
    archive.parts.splice(draw.below(archive.parts.length + 1), 0, part);
  }),
  "entry of another kit": onParts((archive, { draw, others }) => {
    const part = somePart(splitArchive(draw.pick(others)), draw);
    const at = draw.below(archive.parts.length);
    archive.parts.splice(at, draw.below(2), part);
  }),
  "entry longer or shorter": onParts((archive, { draw }) => {
    const part = somePart(archive, draw);
    const { content } = part;
    const grown = Buffer.concat([content, draw.bytes(draw.pick([1, 10, 512]))]);
    Object.assign(
      part,
      partOf(pathOf(part), draw.chance(0.5) ? grown : content.subarray(0, draw.below(content.length + 1))),
    );
  }),
  "entry changed": onParts((archive, { draw }) => {
    const { content } = somePart(archive, draw);
    if (content.length > 0) content.writeUInt8(draw.below(256), draw.below(content.length));
  }),
};

export const ARCHIVE_MUTATIONS: Readonly<Record<string, Mutation>> = { ...HEADER_MUTATIONS, ...ENTRY_MUTATIONS };
