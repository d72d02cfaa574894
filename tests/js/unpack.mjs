// Unpacks each line of a file (base64 of gzip) by the fallback, and says its SHA-256, or that it was refused.
import crypto from "node:crypto";
import fs from "node:fs";
import { load } from "./load.mjs";

const { gunzip } = load("vendor/fflate", "inflate");
const said = fs.readFileSync(process.argv[2], "utf8").split("\n").map((line) => {
  try {
    return crypto.createHash("sha256").update(gunzip(new Uint8Array(Buffer.from(line, "base64")))).digest("hex");
  } catch {
    return "refused";
  }
});
process.stdout.write(said.join("\n"));
