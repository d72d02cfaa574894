/* Labels that do not collide: names are set in order of importance, each tries several places, and one that finds none stays away. */
(function (fringe) {
  "use strict";

  const INK = "#1b252d", HALO = "rgba(255,255,255,0.92)";
  const FONTS = {
    zones: { size: 13.5, weight: 700, gap: 3 },
    villages: { size: 12, weight: 500, gap: 2 },
    lines: { size: 11, weight: 500, gap: 2 },
    other: { size: 12, weight: 500, gap: 2 },
  };
  const VALUE_SIZE = 11.5;
  // Areas whose widest inner circle is smaller than this many pixels keep their name to themselves.
  const LEAST_RADIUS = 4;
  // The same road is named again only this far away, in pixels.
  const AGAIN_AFTER = 280;
  const MINOR_RANK = 3, MINOR_FROM_ZOOM = 14.5;
  // A stretch of road carries its name where it is nearly straight.
  const STRAIGHT = 0.965;
  const SHARES = [0.5, 0.35, 0.65, 0.2, 0.8];
  // A narrow map has smaller names.
  const NARROW = 600, NARROW_FACTOR = 0.9;

  const MOST_DOTS = 2000;
  // A name is written in lines of about ten signs, three at the most.
  const WRAP_EMS = 10, MOST_LINES = 3, MOST_SIGNS = 200;

  // By side of a comparison.
  const sides = new Map();

  /* What is written at present: text (name and value), the lines it is written in, layer, row, and boxes in pixels of the map's corner. */
  fringe.labels = (side) => [...sides].filter(([name]) => !side || name === side).flatMap(([, placed]) => placed.map((label) => ({ text: label.text, lines: label.lines, layer: label.layer.id, row: label.row, boxes: label.boxes })));

  /* Whether there is anything to write, or something written to be wiped out. */
  fringe.labelled = (side) => fringe.layers.some((layer) => layer.visible && layer.label !== undefined && layer.columns) || Boolean((sides.get(side) || []).length);

  const overlaps = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

  fringe.paintLabels = function (c, view, side, map) {
    map = map || fringe.map;
    const size = map.getSize(), corner = map.getPixelBounds().min.subtract([view.ox, view.oy]);
    const taken = fringe.obstacles(map), dots = dotsOf(view, corner, side), placed = [];
    // What a map is about, such as a finding, is never written over; a village may be, by the name of its zone.
    taken.push(...dots.filter((dot) => dot.themed));
    const [west, east] = fringe.spanOf(side, size.x);
    const fits = (boxes, careful) =>
      boxes.every((box) => box.x >= west + 2 && box.y >= 2 && box.x + box.w <= east - 2 && box.y + box.h <= size.y - 2) &&
      !boxes.some((box) => taken.some((other) => overlaps(box, other)) || (careful && dots.some((dot) => overlaps(box, dot))));
    sides.set(side, placed);
    const named = fringe.layers.filter((layer) => layer.visible && fringe.onSide(layer, side) && layer.label !== undefined && layer.data && layer.columns).sort((a, b) => order(a) - order(b));
    for (const layer of named) {
      const set = layer.dimension === 2 ? areaLabels : layer.dimension === 1 ? lineLabels : pointLabels;
      for (const tries of set(c, layer, view, corner, placed)) {
        const choice = tries.find((label) => fits(label.boxes, true)) || tries.find((label) => label.insistent && fits(label.boxes, false));
        if (!choice) continue;
        placed.push(choice);
        taken.push(...choice.boxes);
      }
    }
    for (const label of placed) write(c, label, corner);
  };

  const order = (layer) => (layer.outline || layer.kind === "zones" ? 0 : layer.kind === "villages" ? 1 : layer.dimension === 1 ? 3 : 2);
  const fontOf = (layer) => {
    const font = FONTS[layer.outline ? "zones" : layer.dimension === 1 ? "lines" : layer.kind] || FONTS.other;
    return fringe.map.getSize().x < NARROW ? Object.assign({}, font, { size: font.size * NARROW_FACTOR }) : font;
  };
  const fontText = (font, size) => font.weight + " " + (size || font.size) + "px " + fringe.fontFamily;

  function widthOf(c, text, font, size) {
    c.font = fontText(font, size);
    return c.measureText(text).width;
  }

  function dotsOf(view, corner, side) {
    const found = [];
    for (const layer of fringe.layers) {
      if (!layer.visible || layer.dimension !== 0 || !fringe.onSide(layer, side)) continue;
      const rows = layer.seen(view, 0);
      // So many points leave no room beside them anyway.
      if (rows.length > MOST_DOTS) continue;
      for (const row of rows) {
        const v = layer.data.starts[layer.data.paths[row]], r = layer.symbolOf(row).radius + 1;
        if (layer.data.paths[row] === layer.data.paths[row + 1]) continue;
        const [x, y] = fringe.vertex(layer.data, row, v);
        found.push({ x: x * view.k - view.ox - corner.x - r, y: y * view.k - view.oy - corner.y - r, w: 2 * r, h: 2 * r, themed: layer.kind !== "villages" });
      }
    }
    return found;
  }

  /* A long name in up to three lines, cut off with an ellipsis; between signs or at spaces. */
  fringe.wrap = function (given, most, measure) {
    const name = given.length > MOST_SIGNS ? given.slice(0, MOST_SIGNS) : given;
    if (measure(name) <= most) return [name];
    const parts = name.match(/[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+/g) || [name], lines = [""];
    for (const part of parts) {
      const last = lines[lines.length - 1], longer = last + part;
      if (!last.trim() || measure(longer.trim()) <= most) lines[lines.length - 1] = longer.trimStart();
      else lines.push(part.trimStart());
    }
    const found = lines.map((line) => line.trim()).filter(Boolean), kept = found.slice(0, MOST_LINES);
    return kept.map((line, i) => {
      const cut = (i === MOST_LINES - 1 && found.length > MOST_LINES) || measure(line) > 1.4 * most;
      if (!cut) return line;
      let end = line.length;
      while (end > 1 && measure(line.slice(0, end) + "…") > 1.4 * most) end--;
      return line.slice(0, end) + "…";
    });
  };

  /* A block of centred lines around a place. */
  function block(c, layer, row, names, value, x, y, font, insistent) {
    const lines = value ? [...names, value] : names, isValue = (i) => value && i === names.length;
    const heights = lines.map((_, i) => (isValue(i) ? VALUE_SIZE : font.size) * 1.22);
    const width = Math.max(...lines.map((line, i) => widthOf(c, line, font, isValue(i) ? VALUE_SIZE : 0))), height = heights.reduce((a, b) => a + b, 0);
    const box = { x: x - width / 2 - font.gap, y: y - height / 2 - font.gap / 2, w: width + 2 * font.gap, h: height + font.gap };
    return { layer, row, text: [layer.text(row, layer.label), value].filter(Boolean).join("\n"), lines, value: Boolean(value), x, y, font, heights, boxes: [box], angle: 0, insistent };
  }

  function* areaLabels(c, layer, view, corner) {
    const font = fontOf(layer), rows = layer.seen(view, 0).filter((row) => layer.anchors.r[row] * view.k >= LEAST_RADIUS);
    rows.sort((a, b) => layer.anchors.r[b] - layer.anchors.r[a] || a - b);
    for (const row of rows) {
      const name = layer.text(row, layer.label), r = layer.anchors.r[row] * view.k;
      if (name === "–" || !name) continue;
      const x = layer.anchors.x[row] * view.k - view.ox - corner.x, y = layer.anchors.y[row] * view.k - view.oy - corner.y;
      const places = [[0, 0], [0, -0.4], [0, 0.4], [-0.4, 0], [0.4, 0], [0, -0.8], [0, 0.8], [-0.7, -0.4], [0.7, 0.4], [-0.5, 0.8], [0.5, -0.8], [0, -1.1], [0, 1.1]];
      const tries = [], names = fringe.wrap(name, font.size * WRAP_EMS, (text) => widthOf(c, text, font));
      if (layer.value !== undefined && r > 22 && layer.text(row, layer.value) !== "–") {
        for (const [dx, dy] of places.slice(0, 5)) tries.push(block(c, layer, row, names, layer.text(row, layer.value).split(" (")[0], x + dx * r, y + dy * r, font));
      }
      for (const [dx, dy] of places) tries.push(block(c, layer, row, names, "", x + dx * r, y + dy * r, font, true));
      yield tries;
    }
  }

  function* pointLabels(c, layer, view, corner) {
    const font = fontOf(layer);
    for (const row of layer.seen(view, 0)) {
      const name = layer.text(row, layer.label), v = layer.data.starts[layer.data.paths[row]];
      if (name === "–" || !name) continue;
      const [ux, uy] = fringe.vertex(layer.data, row, v), x = ux * view.k - view.ox - corner.x, y = uy * view.k - view.oy - corner.y;
      const names = fringe.wrap(name, font.size * WRAP_EMS, (text) => widthOf(c, text, font)), width = Math.max(...names.map((line) => widthOf(c, line, font)));
      const dx = width / 2 + layer.symbolOf(row).radius + 5, dy = font.size * 0.6 * names.length + layer.symbolOf(row).radius + 4;
      const places = [[dx, 0], [-dx, 0], [0, -dy], [0, dy], [dx * 0.9, -dy * 0.75], [dx * 0.9, dy * 0.75], [-dx * 0.9, -dy * 0.75], [-dx * 0.9, dy * 0.75]];
      yield places.map(([px, py]) => block(c, layer, row, names, "", x + px, y + py, font));
    }
  }

  function* lineLabels(c, layer, view, corner, placed) {
    const font = fontOf(layer), before = [];
    const rows = layer.seen(view, 0).filter((row) => view.zoom >= MINOR_FROM_ZOOM || layer.symbolOf(row).rank >= MINOR_RANK);
    rows.sort((a, b) => layer.symbolOf(b).rank - layer.symbolOf(a).rank || a - b);
    for (const row of rows) {
      const name = layer.text(row, layer.label);
      if (name === "–" || !name) continue;
      const width = widthOf(c, name, font) + 6, tries = [], symbol = layer.symbolOf(row);
      const aside = symbol.core ? symbol.width * view.widen * 0.5 + font.size * 0.62 : 0;
      for (let p = layer.data.paths[row]; p < layer.data.paths[row + 1]; p++) {
        for (const stretch of stretches(layer.data, row, p, view, corner, width, aside)) {
          if (before.some((other) => other.name === name && Math.hypot(other.x - stretch.x, other.y - stretch.y) < AGAIN_AFTER)) continue;
          tries.push(along(layer, row, name, stretch, width, font));
        }
      }
      yield tries;
      const last = placed[placed.length - 1];
      if (last && last.layer === layer && last.row === row) before.push({ name, x: last.x, y: last.y });
    }
  }

  /* Nearly straight stretches of a path, as long as a text, from its middle outwards: centre and angle. */
  function stretches(data, row, path, view, corner, width, aside) {
    const first = data.starts[path], end = data.starts[path + 1], at = [0], xs = [], ys = [];
    for (let v = first; v < end; v++) {
      const [x, y] = fringe.vertex(data, row, v);
      xs.push(x * view.k - view.ox - corner.x);
      ys.push(y * view.k - view.oy - corner.y);
      if (v > first) at.push(at[at.length - 1] + Math.hypot(xs[v - first] - xs[v - first - 1], ys[v - first] - ys[v - first - 1]));
    }
    const total = at[at.length - 1], found = [];
    if (total < width * 1.15) return found;
    const place = (s) => {
      let i = 1;
      while (i < at.length - 1 && at[i] < s) i++;
      const t = (s - at[i - 1]) / (at[i] - at[i - 1] || 1);
      return [xs[i - 1] + t * (xs[i] - xs[i - 1]), ys[i - 1] + t * (ys[i] - ys[i - 1])];
    };
    for (const share of SHARES) {
      const middle = Math.max(width / 2, Math.min(total - width / 2, total * share));
      const [ax, ay] = place(middle - width / 2), [bx, by] = place(middle + width / 2);
      if (Math.hypot(bx - ax, by - ay) < width * STRAIGHT) continue;
      let angle = Math.atan2(by - ay, bx - ax);
      if (angle > Math.PI / 2) angle -= Math.PI;
      if (angle <= -Math.PI / 2) angle += Math.PI;
      // Beside the line where its own drawing must be seen.
      found.push({ x: (ax + bx) / 2 + Math.sin(angle) * aside, y: (ay + by) / 2 - Math.cos(angle) * aside, angle });
    }
    return found;
  }

  /* A text along a stretch; its room is a row of squares. */
  function along(layer, row, name, stretch, width, font) {
    const side = font.size + font.gap, n = Math.max(1, Math.ceil(width / side)), boxes = [];
    for (let i = 0; i < n; i++) {
      const s = ((i + 0.5) / n - 0.5) * width;
      boxes.push({ x: stretch.x + Math.cos(stretch.angle) * s - side / 2, y: stretch.y + Math.sin(stretch.angle) * s - side / 2, w: side, h: side });
    }
    return { layer, row, text: name, lines: [name], x: stretch.x, y: stretch.y, angle: stretch.angle, font, heights: [font.size * 1.22], boxes };
  }

  function write(c, label, corner) {
    c.save();
    c.translate(label.x + corner.x, label.y + corner.y);
    c.rotate(label.angle);
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.lineJoin = "round";
    let y = -label.heights.reduce((a, b) => a + b, 0) / 2;
    label.lines.forEach((line, i) => {
      const value = label.value && i === label.lines.length - 1;
      c.font = fontText(value ? { weight: 500 } : label.font, value ? VALUE_SIZE : label.font.size);
      const middle = y + label.heights[i] / 2;
      c.strokeStyle = HALO;
      c.lineWidth = 3.4;
      c.strokeText(line, 0, middle);
      c.fillStyle = INK;
      c.fillText(line, 0, middle);
      y += label.heights[i];
    });
    c.restore();
  }
})(window.fringe);
