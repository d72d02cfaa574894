/* The features in tiles: each is painted once, a few milliseconds in every frame, those nearest the middle first. While the
   map moves, painted tiles move with it; while it zooms, the old ones are stretched until the new ones are there. */
(function (fringe) {
  "use strict";

  // Tiles of at most this many pixels, of which a whole number fills the map: the first picture paints what is seen and no more.
  const MOST_SIDE = 640, ROUND_TO = 8;
  // Of the 16 ms of a frame; the browser needs the rest.
  const BUDGET_MS = 9;
  // Before the first picture there is nothing to keep smooth.
  const FIRST_MS = 300;
  const MAX_SCALE = 2;
  // Tiles painted beyond the edge of the map, so that a small move shows no gap.
  const RING_PX = 160;
  const FAR = 1e6;

  fringe.Tiles = L.Layer.extend({
    /* `slices(context, view)` returns an iterator that paints a little at each step; `whole()` is called when all that is seen is painted:
       tiles beyond the edge come later. */
    initialize: function (pane, slices, whole) {
      this.options = { pane };
      this._slices = slices;
      this._whole = whole;
      this._queue = [];
      this._waiting = [];
    },
    onAdd: function () {
      this._box = L.DomUtil.create("div", "fringe-tiles", this.getPane());
      this._box.setAttribute("aria-hidden", "true");
      this._reset();
    },
    onRemove: function () {
      this._queue = [];
      this._box.remove();
      this._level = this._old = null;
    },
    getEvents: function () {
      return { viewreset: this._reset, zoomend: this._reset, moveend: this._refresh, resize: this._refresh, move: this._soon, zoomanim: this._animate, zoom: this._follow };
    },
    /* Paints everything anew, keeping the old picture until then. */
    redraw: function () {
      if (this._map) this._reset();
    },
    whole: function () {
      return Boolean(this._level && this._level.whole);
    },
    /* A promise: all that is seen is painted. */
    settled: function () {
      return new Promise((resolve) => (this._queue.length ? this._waiting.push(resolve) : resolve()));
    },
    /* The painted tiles of the present view: [{canvas, x, y, width, height}], places in pixels of the map's container. */
    painted: function () {
      if (!this._level) return [];
      const corner = this._map.getPixelBounds().min, { base, side } = this._level;
      return [...this._level.tiles.values()].filter((tile) => tile.done).map((tile) => ({ canvas: tile.canvas, x: base.x + tile.x * side.x - corner.x, y: base.y + tile.y * side.y - corner.y, width: side.x, height: side.y }));
    },
    _soon: function () {
      if (this._asked || (this._map._animatingZoom && this._level)) return;
      this._asked = requestAnimationFrame(() => {
        this._asked = 0;
        if (this._map && !this._map._animatingZoom) this._refresh();
      });
    },
    _reset: function () {
      const map = this._map, zoom = map.getZoom();
      if (this._old && this._old !== this._level) this._old.box.remove();
      // What is half painted is no better than what it was to replace.
      if (this._level && this._level.whole) this._old = this._level;
      else if (this._level && this._old && this._old !== this._level) this._level.box.remove();
      this._queue = [];
      const box = L.DomUtil.create("div", "leaflet-zoom-animated", this._box), seen = map.getPixelBounds(), size = map.getSize();
      const sideOf = (length) => Math.ceil(length / Math.max(1, Math.ceil(length / MOST_SIDE)) / ROUND_TO) * ROUND_TO || MOST_SIDE;
      this._level = { zoom, origin: map.getPixelOrigin(), base: seen.min, side: L.point(sideOf(size.x), sideOf(size.y)), box, tiles: new Map(), whole: false };
      if (this._old) this._place(this._old, map.getCenter(), zoom);
      this._place(this._level, map.getCenter(), zoom);
      this._refresh();
    },
    _place: function (level, center, zoom) {
      const scale = this._map.getZoomScale(zoom, level.zoom), shift = level.origin.multiplyBy(scale).subtract(this._map._getNewPixelOrigin(center, zoom)).round();
      if (L.Browser.any3d) L.DomUtil.setTransform(level.box, shift, scale);
      else L.DomUtil.setPosition(level.box, shift);
    },
    _animate: function (event) {
      for (const level of [this._old, this._level]) if (level) this._place(level, event.center, event.zoom);
    },
    _follow: function () {
      if (!this._map._animatingZoom) for (const level of [this._old, this._level]) if (level) this._place(level, this._map.getCenter(), this._map.getZoom());
    },
    _refresh: function () {
      const level = this._level;
      if (!level || level.zoom !== this._map.getZoom()) return;
      const { base, side } = level, bounds = this._map.getPixelBounds(), seen = L.bounds(bounds.min.subtract(base), bounds.max.subtract(base)), middle = seen.getCenter(), wanted = [];
      const span = (axis) => [Math.floor((seen.min[axis] - RING_PX) / side[axis]), Math.floor((seen.max[axis] + RING_PX) / side[axis])];
      const [west, east] = span("x"), [north, south] = span("y");
      for (let x = west; x <= east; x++) for (let y = north; y <= south; y++) wanted.push({ x, y, key: x + "," + y });
      const keys = new Set(wanted.map((tile) => tile.key));
      for (const [key, tile] of level.tiles) {
        if (keys.has(key)) continue;
        if (tile.canvas) tile.canvas.remove();
        level.tiles.delete(key);
      }
      this._queue = this._queue.filter((tile) => level.tiles.get(tile.key) === tile);
      for (const tile of wanted) {
        if (level.tiles.has(tile.key)) continue;
        level.tiles.set(tile.key, tile);
        this._queue.push(tile);
      }
      const out = (tile, axis) => (tile[axis] + 1) * side[axis] <= seen.min[axis] || tile[axis] * side[axis] >= seen.max[axis];
      for (const tile of this._queue) tile.beyond = out(tile, "x") || out(tile, "y");
      const far = (tile) => Math.hypot((tile.x + 0.5) * side.x - middle.x, (tile.y + 0.5) * side.y - middle.y) + (tile.beyond ? FAR : 0);
      this._queue.sort((a, b) => far(a) - far(b));
      this._go();
    },
    /* Gives a tile its canvas and the steps of its painting. */
    _begin: function (tile, level) {
      const scale = Math.min(MAX_SCALE, window.devicePixelRatio || 1), canvas = document.createElement("canvas"), { base, side } = level;
      // A whole number of device pixels, so that neighbours meet.
      canvas.width = Math.round(side.x * scale);
      canvas.height = Math.round(side.y * scale);
      canvas.style.width = side.x + "px";
      canvas.style.height = side.y + "px";
      canvas.className = "fringe-tile";
      const left = base.x + tile.x * side.x, top = base.y + tile.y * side.y, c = canvas.getContext("2d");
      L.DomUtil.setPosition(canvas, L.point(left, top).subtract(level.origin));
      c.setTransform(canvas.width / side.x, 0, 0, canvas.height / side.y, 0, 0);
      tile.canvas = canvas;
      tile.steps = this._slices(c, fringe.viewAt(level.zoom, left, top, side.x, side.y, canvas.width / side.x));
    },
    _go: function () {
      if (this._running || !this._map) return;
      // Nothing is seen yet that a frame would be late for.
      if (!this._seen && this._queue.length) this._work();
      if (this._queue.length) this._running = requestAnimationFrame(() => {
        this._running = 0;
        this._work();
        if (this._queue.length) this._go();
      });
      if (!this._queue.length) this._finish();
    },
    _work: function () {
      const start = performance.now(), level = this._level;
      while (this._queue.length && performance.now() - start < (this._seen ? BUDGET_MS : FIRST_MS)) {
        const tile = this._queue[0];
        if (tile.beyond && !level.whole) return this._picture();
        if (!tile.steps) this._begin(tile, level);
        if (!tile.steps.next().done) continue;
        this._queue.shift();
        tile.steps = null;
        tile.done = true;
        level.box.appendChild(tile.canvas);
      }
      if (!this._queue.length) this._finish();
    },
    /* All that is seen is painted. */
    _picture: function () {
      this._seen = this._level.whole = true;
      if (this._old && this._old !== this._level) this._old.box.remove();
      this._old = null;
      this._whole();
    },
    _finish: function () {
      if (this._level && !this._level.whole) this._picture();
      this._waiting.splice(0).forEach((resolve) => resolve());
    },
  });
})(window.fringe);
