/* Layers: rows with symbols, drawn in the order of their levels, and found again under a click. */
(function (fringe) {
  "use strict";

  // Areas narrower than this show the tint of their pattern, and solid outlines, in pixels.
  const PATTERN_FROM = 9;
  const SPECK = 2, THIN = 2.6;
  // Rows looked at in one step.
  const LOOK = 5000;
  // Rows joined in one path: measured, of plots of 4 to 50 pixels; more take the rasteriser twice as long.
  const BATCH = 20;
  const REACH = { 0: 9, 1: 5 };
  const BORDER_LEVEL = 70;
  const LONE_LINE = 1.6;

  fringe.Layer = class {
    constructor(spec) {
      Object.assign(this, spec);
      this.spec = spec;
      this.heads = spec.columns;
      this.columns = null;
      this.data = null;
      this.symbols = spec.symbols.map(fringe.symbol);
      this.visible = spec.show;
    }

    /* Fetches the shapes out of the page. */
    async load() {
      this.data = fringe.decode(await fringe.unpack(this.blocks[0]));
      this.codes = this.data.codes;
      this.anchors = this.data.anchors;
      if (this.times) this.clock = fringe.clock(this, await fringe.unpack(this.blocks[2]));
    }

    /* Fetches what popups and labels say, once. */
    read() {
      this.reading = this.reading || fringe.unpack(this.blocks[1]).then(async (block) => {
        const columns = fringe.columns(block, this.heads);
        if (this.clock) await this.clock.read(columns);
        return (this.columns = columns);
      });
      return this.reading;
    }

    code(row) {
      return this.codes ? this.codes[row] : 0;
    }

    /* Whether a row is there at present: not left out by a filter, and of a symbol (a code beyond them all is not there yet). */
    there(row) {
      return this.exists(row) && !(this.left && this.left[row]);
    }

    exists(row) {
      return this.code(row) < this.symbols.length;
    }

    symbolOf(row) {
      return this.symbols[this.code(row)];
    }

    text(row, column) {
      return fringe.text(this.columns[column], row);
    }

    title(row) {
      if (this.label !== undefined) return this.text(row, this.label);
      const named = this.heads.findIndex((column) => column.name === "name");
      const text = named >= 0 ? this.text(row, named) : "–";
      return text !== "–" ? text : this.heads.length ? this.text(row, 0) : this.name;
    }

    seen(view, margin) {
      const m = margin / view.k;
      if (!this.data) return [];
      const found = fringe.query(this.data.index, view.west - m, view.north - m, view.east + m, view.south + m);
      return this.codes || this.left ? found.filter((row) => this.there(row)) : found;
    }

    /* The passes of this layer: [level, draw(context, view)]; each draws a little at every step. */
    passes() {
      const draw = (c, view) => this.draw(c, view), border = (c, view) => this.border(c, view);
      return this.outline ? [[this.level, draw], [BORDER_LEVEL, border]] : [[this.level, draw]];
    }

    *draw(c, view) {
      const groups = this.symbols.map(() => []), seen = this.seen(view, 12);
      yield;
      for (const row of seen) groups[this.code(row)].push(row);
      const order = this.symbols.map((symbol, i) => i).filter((i) => this.symbols[i].least_zoom <= view.zoom).sort((a, b) => this.symbols[a].rank - this.symbols[b].rank);
      // Kinds of paths are numbered as dimensions are.
      const kinds = this.data.mixed ? [fringe.RING, fringe.LINE, fringe.POINT] : [this.dimension];
      for (const kind of kinds) {
        const rows = this.data.mixed ? groups.map((group) => group.filter((row) => fringe.has(this.data, row, kind))) : groups, dots = new Dots(view);
        if (kind === fringe.LINE) yield* this.lines(c, view, order, rows);
        else for (const i of order) if (rows[i].length) yield* kind ? this.areas(c, view, this.symbols[i], rows[i], dots) : this.points(c, view, this.symbols[i], rows[i]);
        dots.draw(c);
      }
    }

    *areas(c, view, symbol, rows, dots) {
      const b = this.data.boxes, wide = [], narrow = [], ink = symbol.stroke || symbol.fill || "#000000";
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i], across = (b[4 * row + 2] - b[4 * row]) * view.k, down = (b[4 * row + 3] - b[4 * row + 1]) * view.k;
        // Small areas stay visible.
        if (Math.max(across, down) < SPECK) dots.add((b[4 * row] + b[4 * row + 2]) / 2, (b[4 * row + 1] + b[4 * row + 3]) / 2, ink);
        else (Math.min(across, down) < PATTERN_FROM ? narrow : wide).push(row);
        if (i % LOOK === LOOK - 1) yield;
      }
      const pattern = symbol.pattern && fringe.pattern(c, symbol.pattern, view.scale, -view.ox, -view.oy);
      yield* this.fillRows(c, view, wide, symbol, symbol.fill, pattern, symbol.dash, 1);
      yield* this.fillRows(c, view, narrow, symbol, fringe.tint(symbol), null, [], 0.7);
    }

    /* All fills of a symbol lie under all its outlines, and overlapping fills that let something through are no darker: which rows are
       joined in one path differs from tile to tile, and must not be seen. */
    *fillRows(c, view, rows, symbol, fill, pattern, dash, thin) {
      // Lighter over a basemap.
      const opacity = fill ? symbol.opacity * (this.veil || 1) : 0, sheet = opacity > 0 && opacity < 1 && rows.length > 1 ? sheetLike(c) : null, ground = sheet || c, paths = [];
      for (let from = 0; from < rows.length; from += BATCH) {
        const path = new Path2D();
        for (const row of rows.slice(from, from + BATCH)) fringe.trace(path, this.data, row, view, fringe.RING);
        paths.push(path);
        if (opacity) {
          if (!sheet) c.globalAlpha = opacity;
          ground.fillStyle = fill;
          ground.fill(path);
          c.globalAlpha = 1;
        }
        yield;
      }
      if (sheet) layOver(c, sheet, opacity);
      for (const path of pattern ? paths : []) {
        c.fillStyle = pattern;
        c.fill(path);
        yield;
      }
      c.lineJoin = thin < 1 ? "bevel" : "round";
      for (const [, ink, width] of fringe.strokes(symbol, 1)) {
        for (const path of paths) {
          stroke(c, ink, width * thin, dash, path);
          yield;
        }
      }
    }

    *lines(c, view, order, groups) {
      for (const pass of ["casing", "stroke", "core"]) {
        for (const i of order) {
          // A line among areas bears their outline, or their colour where they have none.
          const symbol = this.dimension === 1 ? this.symbols[i] : Object.assign({}, this.symbols[i], { stroke: this.symbols[i].stroke || this.symbols[i].fill, width: Math.max(LONE_LINE, this.symbols[i].width) });
          const found = fringe.strokes(symbol, view.widen).find(([name]) => name === pass);
          if (!found || !groups[i].length) continue;
          // Round joins take twice as long and are not seen on thin lines.
          const thin = found[2] < THIN;
          c.lineJoin = thin ? "bevel" : "round";
          c.lineCap = thin || found[3].length || pass === "casing" || this.symbols[i].core ? "butt" : "round";
          for (let from = 0; from < groups[i].length; from += BATCH) {
            c.beginPath();
            for (const row of groups[i].slice(from, from + BATCH)) fringe.trace(c, this.data, row, view, fringe.LINE);
            stroke(c, found[1], found[2], found[3].map((part) => part * Math.min(1.4, Math.max(0.7, view.widen))));
            yield;
          }
        }
      }
    }

    *points(c, view, symbol, rows) {
      const r = symbol.radius * Math.max(0.85, Math.min(1.4, view.widen));
      for (let from = 0; from < rows.length; from += BATCH) {
        c.beginPath();
        for (const row of rows.slice(from, from + BATCH)) {
          for (const [x, y] of pointsOf(this.data, row)) fringe.shape(c, symbol.shape, x * view.k - view.ox, y * view.k - view.oy, r);
        }
        if (symbol.stroke) stroke(c, symbol.stroke, symbol.width * 2, []);
        c.globalAlpha = symbol.opacity;
        if (symbol.fill) c.fillStyle = symbol.fill;
        if (symbol.fill) c.fill();
        c.globalAlpha = 1;
        yield;
      }
    }

    *border(c, view) {
      const symbol = fringe.symbol(this.outline), rows = this.seen(view, 4);
      for (const [, ink, width] of fringe.strokes(symbol, Math.min(1.5, view.widen))) {
        for (let from = 0; from < rows.length; from += BATCH) {
          c.lineJoin = "round";
          c.beginPath();
          for (const row of rows.slice(from, from + BATCH)) fringe.trace(c, this.data, row, view, fringe.RING);
          stroke(c, ink, width, []);
          yield;
        }
      }
    }

    /* The rows at a place, topmost first. `px`, `py` in units, `k` pixels per unit. */
    at(px, py, k) {
      if (!this.data) return [];
      const found = [], reach = ((this.data.mixed ? REACH[0] : REACH[this.dimension]) || 0) / k, zoom = Math.log2(k) - 8 + fringe.bits;
      for (const row of fringe.query(this.data.index, px - reach, py - reach, px + reach, py + reach)) {
        if (!this.there(row) || this.symbolOf(row).least_zoom > zoom + 1e-6) continue;
        if (this.dimension === 2 && fringe.inside(this.data, row, px, py)) found.push([-this.symbolOf(row).rank, -row, row]);
        else if (reach) {
          const d2 = fringe.distance2(this.data, row, px, py);
          if (d2 <= reach * reach) found.push([d2, -row, row]);
        }
      }
      return found.sort((a, c) => a[0] - c[0] || a[1] - c[1]).map((hit) => hit[2]);
    }

    /* How eagerly a click takes this layer: points, then areas over the zones, then lines, then zones, then land. */
    eagerness() {
      if (this.dimension === 0) return 5;
      if (this.kind === "land") return 0;
      if (this.outline || this.kind === "zones") return 1;
      if (this.dimension === 1) return 3;
      return ["water", "villages", "buildings"].includes(this.kind) ? 2 : 4;
    }
  };

  /* Areas too small for a shape of their own, as squares of whole pixels: written into one picture, since a tile may hold a hundred thousand. */
  class Dots {
    constructor(view) {
      this.view = view;
      this.side = Math.round(SPECK * view.scale);
      this.image = null;
    }

    add(x, y, ink) {
      const { view, side } = this, width = Math.round(view.width * view.scale), height = Math.round(view.height * view.scale);
      if (!this.image) {
        this.image = new ImageData(width, height);
        this.pixels = new Uint32Array(this.image.data.buffer);
      }
      if (this.ink !== ink) {
        this.ink = ink;
        // The bytes of a pixel are red, green, blue, opacity.
        this.value = new Uint32Array(Uint8Array.of(parseInt(ink.slice(1, 3), 16), parseInt(ink.slice(3, 5), 16), parseInt(ink.slice(5, 7), 16), 255).buffer)[0];
      }
      const left = Math.round((x * view.k - view.ox) * view.scale - side / 2), top = Math.round((y * view.k - view.oy) * view.scale - side / 2);
      for (let py = Math.max(0, top); py < top + side && py < height; py++) {
        for (let px = Math.max(0, left); px < left + side && px < width; px++) this.pixels[py * width + px] = this.value;
      }
    }

    draw(c) {
      if (!this.image) return;
      const sheet = document.createElement("canvas");
      sheet.width = this.image.width;
      sheet.height = this.image.height;
      sheet.getContext("2d").putImageData(this.image, 0, 0);
      c.drawImage(sheet, 0, 0, this.view.width, this.view.height);
    }
  }

  /* The places of a row's points. */
  function pointsOf(data, row) {
    const found = [];
    for (let p = data.paths[row]; p < data.paths[row + 1]; p++) if (data.kinds[p] === fringe.POINT) found.push(fringe.vertex(data, row, data.starts[p]));
    return found;
  }

  /* A canvas context as large as another and placed alike. */
  function sheetLike(c) {
    const sheet = document.createElement("canvas");
    sheet.width = c.canvas.width;
    sheet.height = c.canvas.height;
    const made = sheet.getContext("2d");
    made.setTransform(c.getTransform());
    return made;
  }

  function layOver(c, sheet, opacity) {
    c.save();
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.globalAlpha = opacity;
    c.drawImage(sheet.canvas, 0, 0);
    c.restore();
  }

  function stroke(c, ink, width, dash, path) {
    c.strokeStyle = ink;
    c.lineWidth = width;
    c.setLineDash(dash);
    if (path) c.stroke(path);
    else c.stroke();
    c.setLineDash([]);
  }

  /* All features under a place of the map: [{layer, row}], the one a click takes first. */
  fringe.featuresAt = function (latlng, side) {
    const there = fringe.sideAt(latlng, side);
    const place = L.CRS.EPSG3857.latLngToPoint(latlng, fringe.bits - 8), k = Math.pow(2, fringe.map.getZoom() + 8 - fringe.bits);
    return fringe.layers
      .filter((layer) => layer.visible && layer.popup && fringe.onSide(layer, there))
      .sort((a, b) => b.eagerness() - a.eagerness() || b.level - a.level)
      .flatMap((layer) => layer.at(place.x, place.y, k).map((row) => ({ layer, row })));
  };

  /* Paints all visible layers, a little at every step. */
  fringe.slices = function* (c, view, side) {
    const passes = fringe.layers.filter((layer) => layer.visible && layer.data && fringe.onSide(layer, side)).flatMap((layer) => layer.passes());
    // Stable: layers of one level keep the order in which they were added.
    const order = passes.map((pass, i) => [pass[0], i, pass[1]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    for (const [, , draw] of order) yield* draw(c, view);
  };

  fringe.paint = function (c, view, side) {
    for (const steps = fringe.slices(c, view, side); !steps.next().done; );
  };

  fringe.highlighted = () => Boolean(fringe.hovered || fringe.selected);

  /* The highlight of the features under the pointer and of the open popup. */
  fringe.paintHighlight = function (c, view) {
    for (const [hit, ink] of [[fringe.hovered, "#1f2a33"], [fringe.selected, "#a63c2b"]]) {
      if (!hit || !hit.layer.visible) continue;
      c.lineJoin = c.lineCap = "round";
      const data = hit.layer.data, r = hit.layer.symbolOf(hit.row).radius + 4;
      c.beginPath();
      fringe.trace(c, data, hit.row, view);
      for (const [ux, uy] of pointsOf(data, hit.row)) {
        const x = ux * view.k - view.ox, y = uy * view.k - view.oy;
        c.moveTo(x + r, y);
        c.arc(x, y, r, 0, 7);
      }
      stroke(c, "#ffffff", 5.5, []);
      stroke(c, ink, 2.6, []);
    }
  };
})(window.fringe);
