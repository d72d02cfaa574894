/* Symbols: patterns, point shapes, and the swatches of the legend. Lengths are CSS pixels. */
(function (fringe) {
  "use strict";

  const USUAL = {
    fill: null, opacity: 1, pattern: null, stroke: null, width: 1, dash: [], casing: null, casing_width: 1,
    core: null, core_width: 1, core_dash: [], shape: "circle", radius: 4, rank: 0, least_zoom: 0,
  };
  const SWATCH = { width: 30, height: 16, scale: 3 };
  const tiles = new Map();

  fringe.symbol = (spec) => Object.assign({}, USUAL, spec);

  /* One tile of a pattern, in device pixels, so that its lines are sharp. */
  function tile(pattern, scale) {
    const key = [pattern.kind, pattern.ink, pattern.gap, pattern.width, scale].join();
    if (tiles.has(key)) return tiles.get(key);
    const size = Math.max(4, Math.round(pattern.gap * (pattern.kind === "cross" || pattern.kind === "stipple" ? 1.5 : 1) * scale));
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size;
    const c = canvas.getContext("2d");
    c.strokeStyle = c.fillStyle = pattern.ink;
    c.lineWidth = pattern.width * scale;
    c.beginPath();
    const half = size / 2;
    if (pattern.kind === "hatch" || pattern.kind === "back_hatch") {
      if (pattern.kind === "back_hatch") c.setTransform(-1, 0, 0, 1, size, 0);
      for (const shift of [-size, 0, size]) {
        c.moveTo(shift - 1, size + 1);
        c.lineTo(shift + size + 1, -1);
      }
      c.stroke();
    } else if (pattern.kind === "cross") {
      const arm = size * 0.26;
      c.lineCap = "round";
      c.moveTo(half - arm, half - arm);
      c.lineTo(half + arm, half + arm);
      c.moveTo(half - arm, half + arm);
      c.lineTo(half + arm, half - arm);
      c.stroke();
    } else if (pattern.kind === "stipple") {
      for (const [dx, dy] of [[0.25, 0.25], [0.75, 0.75]]) {
        c.moveTo(dx * size + pattern.width * scale, dy * size);
        c.arc(dx * size, dy * size, pattern.width * 0.75 * scale, 0, 7);
      }
      c.fill();
    } else {
      c.moveTo(0, half);
      c.lineTo(size, half);
      c.stroke();
    }
    tiles.set(key, canvas);
    return canvas;
  }

  /* A pattern that stays with the ground while the map moves: `ox`, `oy` is where the world begins on the canvas. */
  fringe.pattern = function (context, pattern, scale, ox, oy) {
    const image = tile(pattern, scale), made = context.createPattern(image, "repeat"), step = image.width / scale;
    made.setTransform(new DOMMatrix([1 / scale, 0, 0, 1 / scale, ox % step, oy % step]));
    return made;
  };

  /* What a pattern looks like from afar: for areas too small to show it. */
  fringe.tint = function (symbol) {
    if (!symbol.pattern) return symbol.fill;
    const part = (colour, i) => parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16), ground = symbol.fill || "#ffffff";
    return "#" + [0, 1, 2].map((i) => Math.round(part(ground, i) * 0.62 + part(symbol.pattern.ink, i) * 0.38).toString(16).padStart(2, "0")).join("");
  };

  fringe.shape = function (context, shape, x, y, r) {
    if (shape === "square") context.rect(x - r * 0.86, y - r * 0.86, r * 1.72, r * 1.72);
    else if (shape === "circle") {
      context.moveTo(x + r, y);
      context.arc(x, y, r, 0, 7);
    } else {
      const corners = shape === "diamond" ? [[0, -1.15], [1.15, 0], [0, 1.15], [-1.15, 0]] : [[0, -1.1], [1.05, 0.8], [-1.05, 0.8]];
      corners.forEach(([dx, dy], i) => (i ? context.lineTo(x + dx * r, y + dy * r) : context.moveTo(x + dx * r, y + dy * r)));
      context.closePath();
    }
  };

  /* The passes of a line: casings lie under all lines of a layer, cores over them. */
  fringe.strokes = function (symbol, widen) {
    const found = [];
    if (symbol.casing) found.push(["casing", symbol.casing, symbol.width * widen + 2 * symbol.casing_width, []]);
    if (symbol.stroke) found.push(["stroke", symbol.stroke, symbol.width * widen, symbol.dash]);
    if (symbol.core) found.push(["core", symbol.core, symbol.core_width * widen, symbol.core_dash]);
    return found;
  };

  /* A small picture of a symbol for the legend; `dimension` 0 points, 1 lines, 2 areas; `veil` is what a basemap leaves of the fill. */
  fringe.swatch = function (spec, dimension, veil) {
    const symbol = fringe.symbol(spec), { width, height, scale } = SWATCH, canvas = document.createElement("canvas");
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.className = "fringe-swatch";
    canvas.setAttribute("aria-hidden", "true");
    const c = canvas.getContext("2d");
    c.scale(scale, scale);
    c.beginPath();
    if (dimension === 0) fringe.shape(c, symbol.shape, width / 2, height / 2, Math.min(symbol.radius, 6));
    else if (dimension === 1) {
      c.moveTo(1, height / 2);
      c.lineTo(width - 1, height / 2);
    } else c.rect(2, 2, width - 4, height - 4);
    if (dimension !== 1 && symbol.fill) {
      c.globalAlpha = symbol.opacity * (veil || 1);
      c.fillStyle = symbol.fill;
      c.fill();
      c.globalAlpha = 1;
    }
    if (dimension === 2 && symbol.pattern) {
      c.fillStyle = fringe.pattern(c, symbol.pattern, scale, 0, 0);
      c.fill();
    }
    // A class of a shaded map has no outline of its own; the swatch needs an edge on white paper.
    const outlined = dimension === 2 && !symbol.stroke ? Object.assign({}, symbol, { stroke: "#8d959b", width: 0.8 }) : symbol;
    for (const [, ink, thick, dash] of fringe.strokes(outlined, 1)) {
      c.strokeStyle = ink;
      c.lineWidth = thick;
      c.setLineDash(dimension === 1 && dash.length && dash[0] > 10 ? [7, 7] : dash);
      c.stroke();
    }
    return canvas;
  };
})(window.fringe);
