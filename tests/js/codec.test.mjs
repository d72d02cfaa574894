// Texts to bytes, bytes to blocks, and the geometry of a payload.
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.mjs";

const fringe = load("format", "codec", "index");
const same = (found, wanted) => assert.deepEqual([...found], wanted);
const utf8 = (text) => [...new TextEncoder().encode(text)];

/* A block by hand: sections [name, count, planes, bytes]. */
function block(facts, ...sections) {
  const head = utf8(JSON.stringify({ ...facts, sections: sections.map(([name, count, planes]) => [name, count, planes]) }));
  return fringe.block(Uint8Array.from([head.length & 255, head.length >> 8, 0, 0, ...head, ...sections.flatMap((section) => section[3])]));
}

test("texts hold bytes, two signs for thirteen bits", () => {
  same(fringe.bytesOf("0 "), []);
  // 0000000000001 000 -> 1 and 0 of 13 bits: signs 0, 1 and 0, 0.
  same(fringe.bytesOf("2 !#!!"), [0, 8]);
});

test("whole numbers come from planes, signs from the lowest bit", () => {
  same(block({}, ["a", 4, 1, [0, 1, 2, 255]]).ints("a"), [0, -1, 1, -128]);
  same(block({}, ["a", 2, 2, [0, 1, 1, 2]]).ints("a"), [128, -257]);
  same(block({}, ["a", 1, 4, [255, 255, 255, 255]]).ints("a"), [fringe.MISSING]);
});

test("texts are read one at a time", () => {
  const found = fringe.texts(block({}, ["w", 6, 0, utf8("榆oak")], ["w.lengths", 2, 1, [6, 6]]), "w");
  assert.deepEqual([found.length, found.at(0), found.at(1)], [2, "榆", "oak"]);
});

/* Two rows: a square of 10 with a hole of 2, and a point. */
const steps = (...numbers) => numbers.map((n) => (n < 0 ? -2 * n - 1 : 2 * n));
const data = fringe.decode(
  block(
    { n: 2, bits: 28, origin: [100, 200] },
    ["paths", 2, 1, steps(2, 1)], ["kinds", 3, 1, steps(2, 2, 0)], ["sizes", 3, 1, steps(4, 4, 1)],
    ["start.x", 3, 1, steps(0, 4, 46)], ["step.x", 6, 1, steps(10, 0, -10, 0, 2, 0)],
    ["start.y", 3, 1, steps(0, 4, -4)], ["step.y", 6, 1, steps(0, 10, 0, 2, 0, -2)],
  ),
);

test("paths, boxes and places inside", () => {
  same(data.paths, [0, 2, 3]);
  same(data.starts, [0, 4, 8, 9]);
  same(data.x, [0, 10, 10, 0, 4, 4, 6, 6, 0]);
  same(data.y, [0, 0, 10, 10, 4, 6, 6, 4, 0]);
  same(data.boxes, [100, 200, 110, 210, 150, 200, 150, 200]);
  assert.equal(fringe.inside(data, 0, 102, 202), true);
  assert.equal(fringe.inside(data, 0, 105, 205), false);
  assert.equal(fringe.inside(data, 0, 111, 205), false);
  assert.equal(fringe.distance2(data, 1, 153, 204), 25);
  same(fringe.vertex(data, 0, 6), [106, 206]);
  same(fringe.vertex(data, 1, 8), [150, 200]);
});

test("a row wider than 16 bits keeps its vertices", () => {
  const int = (...numbers) => [0, 1, 2, 3].flatMap((plane) => numbers.map((n) => (steps(n)[0] >> (8 * plane)) & 255));
  const line = fringe.decode(
    block(
      { n: 1, bits: 28, origin: [7, 9] },
      ["paths", 1, 1, steps(1)], ["kinds", 1, 1, steps(1)], ["sizes", 1, 1, steps(3)],
      ["start.x", 1, 1, steps(0)], ["step.x", 2, 4, int(100000, -1)], ["start.y", 1, 1, steps(0)], ["step.y", 2, 1, steps(0, -3)],
    ),
  );
  same(line.boxes, [7, 6, 100007, 9]);
  same(fringe.vertex(line, 0, 1), [100007, 9]);
  same(fringe.vertex(line, 0, 2), [100006, 6]);
});
