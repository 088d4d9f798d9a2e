/**
 * An ELF executable without its symbols and debug sections: all up to the last byte that is loaded, no section table.
 * Anything else than a 64-bit little-endian ELF file is answered as it is.
 */
export function stripElf(file) {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) return file;
  const headers = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  const count = file.readUInt16LE(56);
  let end = headers + size * count;
  for (let at = headers; at < headers + size * count; at += size) {
    const offset = Number(file.readBigUInt64LE(at + 8));
    const length = Number(file.readBigUInt64LE(at + 32));
    end = Math.max(end, offset + length);
  }
  const stripped = Buffer.from(file.subarray(0, end));
  stripped.writeBigUInt64LE(0n, 40); // e_shoff
  stripped.writeUInt16LE(0, 60); // e_shnum
  stripped.writeUInt16LE(0, 62); // e_shstrndx
  return stripped;
}
