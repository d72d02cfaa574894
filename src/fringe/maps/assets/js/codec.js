/* The payload of fringe.maps.encode, unpacked: vertices in units of the Mercator world, 2**bits wide. */
(function (fringe) {
  "use strict";

  fringe.POINT = 0;
  fringe.LINE = 1;
  fringe.RING = 2;

  const at = (list, i) => (typeof list === "number" ? list : list[i]);

  /* Returns rows `n`; first path of each row `paths` (n + 1); first vertex of each path `starts`; `kinds`; `x`, `y`; and
     the box of each row, west north east south, empty rows having west > east. */
  fringe.decode = function (payload) {
    const shapes = payload.shapes, n = payload.n, xy = shapes.xy;
    const paths = new Int32Array(n + 1);
    for (let i = 0; i < n; i++) paths[i + 1] = paths[i] + at(shapes.paths, i);
    const count = paths[n];
    const starts = new Int32Array(count + 1), kinds = new Uint8Array(count);
    for (let p = 0; p < count; p++) {
      starts[p + 1] = starts[p] + at(shapes.sizes, p);
      kinds[p] = at(shapes.kinds, p);
    }
    const x = new Int32Array(xy.length / 2), y = new Int32Array(xy.length / 2), boxes = new Int32Array(4 * n);
    let px = shapes.origin[0], py = shapes.origin[1], v = 0;
    for (let i = 0; i < n; i++) {
      let west = 2147483647, north = 2147483647, east = -2147483648, south = -2147483648;
      for (const end = starts[paths[i + 1]]; v < end; v++) {
        px += xy[2 * v];
        py += xy[2 * v + 1];
        x[v] = px;
        y[v] = py;
        if (px < west) west = px;
        if (px > east) east = px;
        if (py < north) north = py;
        if (py > south) south = py;
      }
      boxes.set([west, north, east, south], 4 * i);
    }
    return { n, paths, starts, kinds, x, y, boxes, bits: shapes.bits };
  };

  /* Whether a place lies inside a row's rings (holes left out), counted by crossings. */
  fringe.inside = function (data, row, px, py) {
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
  fringe.distance2 = function (data, row, px, py) {
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
