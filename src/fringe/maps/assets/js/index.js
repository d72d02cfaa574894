/* Boxes of boxes: which rows lie in a window, found without looking at all of them. Rows that follow one another lie together
   (fringe.maps.encode puts them so), so each node is just the box of the next SPAN of the level below. */
(function (fringe) {
  "use strict";

  const SPAN = 16;
  const SMALL = 256;

  /* Levels of boxes (west north east south), the rows' own first. */
  fringe.index = function (boxes) {
    const levels = [boxes];
    for (let below = boxes; below.length > 4 * SPAN; below = levels[levels.length - 1]) {
      const count = Math.ceil(below.length / 4 / SPAN), level = new Int32Array(4 * count);
      for (let node = 0; node < count; node++) {
        let west = 2147483647, north = 2147483647, east = -2147483648, south = -2147483648;
        for (let i = 4 * node * SPAN, end = Math.min(below.length, 4 * (node + 1) * SPAN); i < end; i += 4) {
          if (below[i] < west) west = below[i];
          if (below[i + 1] < north) north = below[i + 1];
          if (below[i + 2] > east) east = below[i + 2];
          if (below[i + 3] > south) south = below[i + 3];
        }
        level.set([west, north, east, south], 4 * node);
      }
      levels.push(level);
    }
    return levels;
  };

  /* The rows whose boxes meet a window, rising. */
  fringe.query = function (levels, west, north, east, south) {
    const found = [], meets = (boxes, i) => boxes[i] <= east && boxes[i + 2] >= west && boxes[i + 1] <= south && boxes[i + 3] >= north;
    const within = (boxes, i) => boxes[i] >= west && boxes[i + 2] <= east && boxes[i + 1] >= north && boxes[i + 3] <= south;
    const empty = (i) => levels[0][i] > levels[0][i + 2];
    const walk = (depth, node) => {
      const boxes = levels[depth];
      if (!meets(boxes, 4 * node)) return;
      if (depth && within(boxes, 4 * node)) {
        const rows = Math.pow(SPAN, depth);
        for (let row = node * rows, end = Math.min(levels[0].length / 4, row + rows); row < end; row++) if (!empty(4 * row)) found.push(row);
      } else if (depth === 0) found.push(node);
      else for (let child = node * SPAN, end = Math.min(levels[depth - 1].length / 4, child + SPAN); child < end; child++) walk(depth - 1, child);
    };
    const top = levels[0].length <= 4 * SMALL ? 0 : levels.length - 1;
    for (let node = 0; node < levels[top].length / 4; node++) walk(top, node);
    return found;
  };
})(window.fringe);
