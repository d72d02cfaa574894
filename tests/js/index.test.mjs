// Rows in a window: the index finds what looking at all of them finds.
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.mjs";

const fringe = load("index");
let seed = 7;
const random = (n) => (seed = (seed * 48271) % 2147483647) % n;

for (const n of [0, 1, 15, 16, 17, 255, 300, 5000]) {
  test(`${n} rows`, () => {
    const boxes = new Int32Array(4 * n);
    for (let i = 0; i < n; i++) {
      const x = random(10_000), y = random(10_000);
      // Every ninth row is empty: its box is inside out.
      boxes.set(i % 9 ? [x, y, x + random(200), y + random(200)] : [2147483647, 2147483647, -2147483648, -2147483648], 4 * i);
    }
    const levels = fringe.index(boxes);
    for (let turn = 0; turn < 60; turn++) {
      const west = random(10_000), north = random(10_000), side = turn % 3 ? random(1500) : 12_000, wanted = [];
      for (let i = 0; i < n; i++) {
        if (boxes[4 * i] <= west + side && boxes[4 * i + 2] >= west && boxes[4 * i + 1] <= north + side && boxes[4 * i + 3] >= north) wanted.push(i);
      }
      assert.deepEqual([...fringe.query(levels, west, north, west + side, north + side)], wanted);
    }
    assert.deepEqual([...fringe.query(levels, -1, -1, 20_000, 20_000)], [...Array(n).keys()].filter((i) => i % 9));
  });
}
