/* gzip for browsers without DecompressionStream (Firefox before 113). fflate unpacks; it passes over the length and the check
   sum at the end of a file (RFC 1952), which are held against what came out here. */
(function (fringe) {
  "use strict";

  const HEAD = 10, TAIL = 8, MOST = 1032;

  const broken = () => new Error("the data are cut off or changed");

  /* CRC-32. */
  function sumOf(bytes) {
    const table = Int32Array.from({ length: 256 }, (_, sum) => {
      for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
      return sum;
    });
    let sum = -1;
    for (let i = 0; i < bytes.length; i++) sum = table[(sum ^ bytes[i]) & 255] ^ (sum >>> 8);
    return ~sum;
  }

  /* The bytes of a gzip file of one member. */
  fringe.gunzip = function (bytes) {
    const end = bytes.length - TAIL, word = (at) => bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    const n = word(end + 4) >>> 0;
    // No deflate is better than one to 1032.
    if (end < HEAD || n > end * MOST) throw broken();
    // Room for one more byte than there may be, since what has no room is passed over too.
    const found = window.fflate.gunzipSync(bytes, { out: new Uint8Array(n + 1) });
    if (found.length !== n || sumOf(found) !== word(end)) throw broken();
    return found;
  };
})(window.fringe);
