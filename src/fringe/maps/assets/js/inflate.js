/* gzip (RFC 1952) and deflate (RFC 1951) for browsers without DecompressionStream: Chromium before 80, Firefox before 113. */
(function (fringe) {
  "use strict";

  const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
  const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const STEPS = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
  const STEP_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
  const WIDEST = 15, END = 256;

  const broken = () => new Error("the data are cut off or changed");

  /* How many codes of each width there are, and their symbols in the order of the codes. */
  function tree(widths) {
    const counts = new Uint16Array(WIDEST + 1), starts = new Uint16Array(WIDEST + 2), symbols = new Uint16Array(widths.length);
    for (const width of widths) counts[width]++;
    counts[0] = 0;
    for (let width = 1; width <= WIDEST; width++) starts[width + 1] = starts[width] + counts[width];
    widths.forEach((width, symbol) => {
      if (width) symbols[starts[width]++] = symbol;
    });
    return { counts, symbols };
  }

  const of = (...runs) => runs.reduce((all, [n, width]) => all.concat(new Array(n).fill(width)), []);

  /* The bytes of a gzip file of one member without options, as Python writes it. */
  fringe.gunzip = function (bytes) {
    if (bytes.length < 18 || bytes[0] !== 31 || bytes[1] !== 139 || bytes[2] !== 8 || bytes[3]) throw broken();
    const end = bytes.length - 8, n = (bytes[end + 4] | (bytes[end + 5] << 8) | (bytes[end + 6] << 16) | (bytes[end + 7] << 24)) >>> 0;
    // No deflate is better than one to 1032.
    if (n > end * 1032) throw broken();
    const found = new Uint8Array(n);
    let at = 10, held = 0, size = 0, out = 0;

    function bits(count) {
      while (size < count) {
        if (at >= end) throw broken();
        held |= bytes[at++] << size;
        size += 8;
      }
      const value = held & ((1 << count) - 1);
      held >>>= count;
      size -= count;
      return value;
    }

    function symbol({ counts, symbols }) {
      for (let width = 1, code = 0, first = 0, passed = 0; width <= WIDEST; width++) {
        if (!size) {
          if (at >= end) throw broken();
          held = bytes[at++];
          size = 8;
        }
        code |= held & 1;
        held >>>= 1;
        size--;
        if (code - first < counts[width]) return symbols[passed + code - first];
        passed += counts[width];
        first = (first + counts[width]) << 1;
        code <<= 1;
      }
      throw broken();
    }

    function stored() {
      at -= size >> 3;
      held = size = 0;
      const length = bytes[at] | (bytes[at + 1] << 8);
      at += 4;
      if (at + length > end || out + length > n) throw broken();
      found.set(bytes.subarray(at, at + length), out);
      at += length;
      out += length;
    }

    function trees() {
      const literals = bits(5) + 257, steps = bits(5) + 1, given = bits(4) + 4, widths = new Array(19).fill(0), all = [];
      for (let i = 0; i < given; i++) widths[ORDER[i]] = bits(3);
      const own = tree(widths);
      while (all.length < literals + steps) {
        const found = symbol(own);
        if (found < 16) all.push(found);
        else if (found === 16 && !all.length) throw broken();
        else all.push(...of(found === 16 ? [3 + bits(2), all[all.length - 1]] : found === 17 ? [3 + bits(3), 0] : [11 + bits(7), 0]));
      }
      return [tree(all.slice(0, literals)), tree(all.slice(literals, literals + steps))];
    }

    function codes(literals, steps) {
      for (;;) {
        const sign = symbol(literals);
        if (sign === END) return;
        if (sign < END) {
          if (out >= n) throw broken();
          found[out++] = sign;
          continue;
        }
        const length = LENGTHS[sign - 257] + bits(LENGTH_BITS[sign - 257]), place = symbol(steps), back = STEPS[place] + bits(STEP_BITS[place]);
        if (!(back <= out) || !(out + length <= n)) throw broken();
        for (let i = 0; i < length; i++, out++) found[out] = found[out - back];
      }
    }

    for (let last = 0; !last; ) {
      last = bits(1);
      const kind = bits(2);
      if (kind === 0) stored();
      else if (kind === 1) codes(tree(of([144, 8], [112, 9], [24, 7], [8, 8])), tree(of([30, 5])));
      else if (kind === 2) codes(...trees());
      else throw broken();
    }
    if (out !== n) throw broken();
    return found;
  };
})(window.fringe);
