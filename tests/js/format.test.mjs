// Numbers and sentences as people read them.
import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./load.mjs";

const fringe = load("format", "codec");
const rule = (more) => ({ decimals: 0, unit: "", gap: " ", ...more });

test("digits get points, commas, signs and units", () => {
  assert.equal(fringe.digits(1234567, rule({ decimals: 2 })), "12,345.67");
  assert.equal(fringe.digits(-5, rule({ decimals: 2, unit: "公顷" })), "-0.05 公顷");
  assert.equal(fringe.digits(250, rule({ decimals: 1, unit: "%", gap: "" })), "25.0%");
  assert.equal(fringe.digits(3, rule({ signed: true })), "+3");
  assert.equal(fringe.digits(0, rule({ signed: true })), "0");
  assert.equal(fringe.digits(1250, rule({ decimals: 2, plain: true })), "12.5");
  assert.equal(fringe.digits(2024, rule({ commas: false })), "2024");
});

test("a missing number is a dash, a second unit stands in brackets", () => {
  const column = { numbers: [1000, fringe.MISSING], also: [150, fringe.MISSING], rules: [rule({ decimals: 2, unit: "ha" }), rule({ decimals: 1, unit: "mu" })] };
  assert.equal(fringe.text(column, 0), "10.00 ha (15.0 mu)");
  assert.equal(fringe.text(column, 1), "–");
});

test("sentences are filled once: what is filled in is not read again", () => {
  assert.equal(fringe.fill("{a} of {b}", { a: "{b}", b: "$&" }), "{b} of $&");
});
