// The fallback for gzip, against Node's own zlib.
import assert from "node:assert/strict";
import test from "node:test";
import zlib from "node:zlib";
import { load } from "./load.mjs";

const { gunzip } = load("vendor/fflate", "inflate");
const noise = (n, seed = 1) => Buffer.from(Array.from({ length: n }, () => (seed = (seed * 48271) % 2147483647) & 255));
const DATA = {
  nothing: Buffer.alloc(0),
  "one byte": Buffer.from("a"),
  words: Buffer.from("树木与草地 ".repeat(9000)),
  noise: noise(150_000),
  runs: Buffer.from(Array.from({ length: 200_000 }, (_, i) => ((i * i) >> 5) & 63)),
  far: Buffer.concat([noise(32_768), noise(32_768)]),
};

for (const [name, data] of Object.entries(DATA)) {
  test(`${name}: every level and strategy comes back`, () => {
    for (const level of [0, 1, 6, 9]) {
      for (const strategy of [0, 1, 2, 3, 4]) {
        const found = gunzip(new Uint8Array(zlib.gzipSync(data, { level, strategy })));
        assert.equal(Buffer.compare(Buffer.from(found), data), 0);
      }
    }
  });
}

test("what is cut off or no gzip is refused", () => {
  const whole = new Uint8Array(zlib.gzipSync(DATA.words));
  for (const cut of [0, 5, 17, 30, whole.length - 9]) assert.throws(() => gunzip(whole.slice(0, cut)));
  assert.throws(() => gunzip(new Uint8Array(64)));
  // Its length, or its check sum, does not agree.
  for (const at of [4, 8]) {
    const changed = whole.slice();
    changed[changed.length - at] ^= 1;
    assert.throws(() => gunzip(changed), /cut off or changed/);
  }
});
