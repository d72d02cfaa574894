/* The blocks of fringe.maps.pack and the payload of fringe.maps.encode, unpacked: whole numbers as typed arrays, texts one at a time;
   vertices in units of the Mercator world, 2**bits wide. */
(function (fringe) {
  "use strict";

  fringe.POINT = 0;
  fringe.LINE = 1;
  fringe.RING = 2;
  fringe.MISSING = -2147483648;

  const PLACES = new Uint8Array(128);
  for (let code = 33, place = 0; code < 127; code++) if (!'"&<'.includes(String.fromCharCode(code))) PLACES[code] = place++;

  /* Bytes of a text: their number, a space, two signs for every 13 bits. */
  fringe.bytesOf = function (text) {
    const start = text.indexOf(" ") + 1, n = Number(text.slice(0, start)), bytes = new Uint8Array(n);
    const pair = (i) => PLACES[text.charCodeAt(i)] * 91 + PLACES[text.charCodeAt(i + 1)];
    let i = start, at = 0;
    // Eight pairs are thirteen bytes; an array of bytes keeps the low eight bits of what it is given.
    for (; at + 13 <= n; i += 16) {
      const a = pair(i), b = pair(i + 2), c = pair(i + 4), d = pair(i + 6), e = pair(i + 8), f = pair(i + 10), g = pair(i + 12), h = pair(i + 14);
      bytes[at++] = a >> 5;
      bytes[at++] = (a << 3) | (b >> 10);
      bytes[at++] = b >> 2;
      bytes[at++] = (b << 6) | (c >> 7);
      bytes[at++] = (c << 1) | (d >> 12);
      bytes[at++] = d >> 4;
      bytes[at++] = (d << 4) | (e >> 9);
      bytes[at++] = e >> 1;
      bytes[at++] = (e << 7) | (f >> 6);
      bytes[at++] = (f << 2) | (g >> 11);
      bytes[at++] = g >> 3;
      bytes[at++] = (g << 5) | (h >> 8);
      bytes[at++] = h;
    }
    for (let held = 0, size = 0; at < n; i += 2) {
      held = ((held & 255) << 13) | pair(i);
      for (size += 13; size >= 8 && at < n; ) bytes[at++] = held >>> (size -= 8);
    }
    return bytes;
  };

  // What is small is unpacked at once: the browser's own decompression, quicker with much, comes back in later tasks, and between them it
  // draws frames of a map without features.
  const SMALL = 2e5;

  async function inflate(bytes) {
    // Browsers before 2020 (Firefox before 2023) have no decompression of their own.
    if (bytes.length < SMALL || typeof DecompressionStream === "undefined") return fringe.gunzip(bytes);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /* The block that stands in an element of the page, which is emptied: {facts, ints(name), bytes(name), has(name)}. */
  fringe.unpack = async function (id) {
    const element = document.getElementById("fringe-" + id), text = element.textContent;
    element.textContent = "";
    return fringe.block(await inflate(fringe.bytesOf(text)));
  };

  fringe.block = function (bytes) {
    const head = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24);
    const facts = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + head))), places = new Map();
    let at = 4 + head;
    for (const [name, count, planes] of facts.sections) {
      places.set(name, { at, count, planes });
      at += count * (planes || 1);
    }
    return {
      facts,
      has: (name) => places.has(name),
      // A copy, so that the rest of the block need not be kept.
      bytes: (name) => bytes.slice(places.get(name).at, places.get(name).at + places.get(name).count),
      ints: (name) => unzigzag(bytes, places.get(name)),
    };
  };

  /* Whole numbers from their planes: the lowest byte of all, the next byte of all, … As narrow as they may be: what adds them up needs an
     array of its own. */
  function unzigzag(bytes, { at, count, planes }) {
    const found = new (planes === 1 ? Int8Array : planes === 2 ? Int16Array : Int32Array)(count);
    for (let i = 0; i < count; i++) {
      let coded = bytes[at + i];
      if (planes > 1) coded |= bytes[at + count + i] << 8;
      if (planes > 2) coded |= bytes[at + 2 * count + i] << 16;
      if (planes > 3) coded |= bytes[at + 3 * count + i] << 24;
      found[i] = (coded >>> 1) ^ -(coded & 1);
    }
    return found;
  }

  /* Texts of a block, each decoded when it is asked for. */
  fringe.texts = function (block, name) {
    const bytes = block.bytes(name), lengths = block.ints(name + ".lengths"), starts = new Int32Array(lengths.length + 1), decoder = new TextDecoder();
    for (let i = 0; i < lengths.length; i++) starts[i + 1] = starts[i] + lengths[i];
    return { length: lengths.length, at: (i) => decoder.decode(bytes.subarray(starts[i], starts[i + 1])) };
  };

  /* Returns rows `n`; first path of each row `paths` (n + 1); first vertex of each path `starts`; `kinds`; the box of each row `boxes`, west
     north east south, empty rows having west > east; `x`, `y` of each vertex, from the west and the north of its row's box: half the memory of
     places in the world; `codes` of symbols, `anchors` of names; whether points, lines and areas are `mixed`. */
  fringe.decode = function (block) {
    const { n, bits, origin } = block.facts, counts = block.ints("paths"), sizes = block.ints("sizes"), kinds = Uint8Array.from(block.ints("kinds"));
    const paths = new Int32Array(n + 1), starts = new Int32Array(kinds.length + 1);
    for (let i = 0; i < n; i++) paths[i + 1] = paths[i] + counts[i];
    for (let p = 0; p < kinds.length; p++) starts[p + 1] = starts[p] + sizes[p];
    const boxes = new Int32Array(4 * n), [x, y] = ["x", "y"].map((axis, i) => along(block, axis, n, paths, starts, origin[i], boxes, i));
    const anchors = block.has("anchor.x") ? { x: block.ints("anchor.x"), y: block.ints("anchor.y"), r: block.ints("anchor.r") } : null;
    return { n, bits, paths, starts, kinds, x, y, boxes, index: fringe.index(boxes), anchors, mixed: kinds.some((kind) => kind !== kinds[0]), codes: block.has("codes") ? Uint16Array.from(block.ints("codes")) : null };
  };

  /* The vertices along an axis, and the edges of the rows' boxes across it. */
  function along(block, axis, n, paths, starts, origin, boxes, edge) {
    const first = block.ints("start." + axis), step = block.ints("step." + axis);
    let widest = 0;
    for (let row = 0, p = 0, s = 0, head = origin; row < n; row++) {
      let low = 2147483647, high = -2147483648;
      for (; p < paths[row + 1]; p++) {
        let at = (head += first[p]);
        if (at < low) low = at;
        if (at > high) high = at;
        for (let v = starts[p] + 1; v < starts[p + 1]; v++) {
          at += step[s++];
          if (at < low) low = at;
          else if (at > high) high = at;
        }
      }
      boxes[4 * row + edge] = low;
      boxes[4 * row + edge + 2] = high;
      if (high - low > widest) widest = high - low;
    }
    const found = new (widest < 65536 ? Uint16Array : Uint32Array)(starts[starts.length - 1]);
    for (let row = 0, p = 0, s = 0, head = origin; row < n; row++) {
      for (const low = boxes[4 * row + edge]; p < paths[row + 1]; p++) {
        let at = (head += first[p]) - low;
        found[starts[p]] = at;
        for (let v = starts[p] + 1; v < starts[p + 1]; v++) found[v] = at += step[s++];
      }
    }
    return found;
  }

  /* Whether a row has paths of a kind. */
  fringe.has = function (data, row, kind) {
    for (let p = data.paths[row]; p < data.paths[row + 1]; p++) if (data.kinds[p] === kind) return true;
    return false;
  };

  /* Where a vertex of a row is in the world. */
  fringe.vertex = (data, row, v) => [data.boxes[4 * row] + data.x[v], data.boxes[4 * row + 1] + data.y[v]];

  /* The columns of a block, each with text(row). */
  fringe.columns = function (block, heads) {
    return heads.map((head, at) => {
      const numbers = block.ints(String(at));
      if (!head.rules) {
        const words = fringe.texts(block, at + ".words");
        return Object.assign({}, head, { codes: numbers, words });
      }
      return Object.assign({}, head, { numbers, also: head.rules.length > 1 ? block.ints(at + ".also") : null });
    });
  };

  /* Whether a place lies inside a row's rings (holes left out), counted by crossings. */
  fringe.inside = function (data, row, x, y) {
    const px = x - data.boxes[4 * row], py = y - data.boxes[4 * row + 1];
    let within = false;
    for (let p = data.paths[row]; p < data.paths[row + 1]; p++) {
      if (data.kinds[p] !== fringe.RING) continue;
      const first = data.starts[p], end = data.starts[p + 1];
      for (let k = first, j = end - 1; k < end; j = k++) {
        const yk = data.y[k], yj = data.y[j];
        if (yk > py !== yj > py && px < ((data.x[j] - data.x[k]) * (py - yk)) / (yj - yk) + data.x[k]) within = !within;
      }
    }
    return within;
  };

  /* The squared distance from a place to a row's lines and points. */
  fringe.distance2 = function (data, row, x, y) {
    const px = x - data.boxes[4 * row], py = y - data.boxes[4 * row + 1];
    let best = Infinity;
    for (let p = data.paths[row]; p < data.paths[row + 1]; p++) {
      const first = data.starts[p], end = data.starts[p + 1];
      if (data.kinds[p] === fringe.RING) continue;
      if (end - first === 1) best = Math.min(best, (data.x[first] - px) ** 2 + (data.y[first] - py) ** 2);
      for (let k = first + 1; k < end; k++) {
        const ax = data.x[k - 1], ay = data.y[k - 1], dx = data.x[k] - ax, dy = data.y[k] - ay;
        const along = Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy || 1)));
        best = Math.min(best, (ax + along * dx - px) ** 2 + (ay + along * dy - py) ** 2);
      }
    }
    return best;
  };
})(window.fringe);
