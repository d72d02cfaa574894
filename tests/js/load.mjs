// Runs scripts of the page, and libraries ("vendor/…"), in a window of their own, and returns what they add to `fringe`.
import fs from "node:fs";
import vm from "node:vm";

const FOLDER = new URL("../../src/fringe/maps/assets/", import.meta.url);

export function load(...names) {
  const window = { fringe: {} };
  const context = vm.createContext({ window, TextDecoder, atob, performance });
  for (const name of names) vm.runInContext(fs.readFileSync(new URL(name.includes("/") ? `${name}.js` : `js/${name}.js`, FOLDER), "utf8"), context, { filename: name });
  return window.fringe;
}
