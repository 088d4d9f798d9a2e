import { expect, test } from "vitest";
import { hashToBytes, leafHash, rootOf } from "../../src/core/merkle.ts";
import { membersRoot, NO_MEMBERS, withMembers } from "../../src/core/member-root.ts";

const members = Array.from({ length: 13 }, (_, at) => (at % 3 === 0 ? [`dl_${at}:0`, `dl_${at}:1`] : [`dl_${at}`]));

test("the root is that of a tree over each member's delivery ids, joined by LF", () => {
  const expected = rootOf(members.map((ids) => leafHash(ids.join("\n"))));
  expect(membersRoot(withMembers(NO_MEMBERS, members))).toBe(Buffer.from(hashToBytes(expected)).toString("hex"));
});

test("it is the same whether members come one by one or at once", () => {
  const single = members.reduce((edge, member) => withMembers(edge, [member]), NO_MEMBERS);
  expect(single).toBe(withMembers(NO_MEMBERS, members));
  expect(withMembers(single, [])).toBe(single);
});
