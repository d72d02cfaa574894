/* The features in tiles: each is painted once, a few milliseconds in every frame, those nearest the middle first. While the
   map moves, painted tiles move with it; while it zooms, the old ones are stretched until the new ones are there. */
(function (fringe) {
  "use strict";

  const SIDE = 512;
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
    /* The painted tiles of the present view: [{canvas, x, y}], places in pixels of the map's container. */
    painted: function () {
      if (!this._level) return [];
      const corner = this._map.getPixelBounds().min;
      return [...this._level.tiles.values()].filter((tile) => tile.done).map((tile) => ({ canvas: tile.canvas, x: tile.x * SIDE - corner.x, y: tile.y * SIDE - corner.y, side: SIDE }));
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
      const box = L.DomUtil.create("div", "leaflet-zoom-animated", this._box);
      this._level = { zoom, origin: map.getPixelOrigin(), box, tiles: new Map(), whole: false };
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
      const seen = this._map.getPixelBounds(), middle = seen.getCenter(), wanted = [];
      const span = (low, high) => [Math.floor((low - RING_PX) / SIDE), Math.floor((high + RING_PX) / SIDE)];
      const [west, east] = span(seen.min.x, seen.max.x), [north, south] = span(seen.min.y, seen.max.y);
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
      const out = (at, low, high) => Math.max(0, low - (at + 1) * SIDE, at * SIDE - high);
      for (const tile of this._queue) tile.beyond = out(tile.x, seen.min.x, seen.max.x) > 0 || out(tile.y, seen.min.y, seen.max.y) > 0;
      const far = (tile) => Math.hypot((tile.x + 0.5) * SIDE - middle.x, (tile.y + 0.5) * SIDE - middle.y) + (tile.beyond ? FAR : 0);
      this._queue.sort((a, b) => far(a) - far(b));
      this._go();
    },
    /* Gives a tile its canvas and the steps of its painting. */
    _begin: function (tile, level) {
      // A whole number of device pixels, so that neighbours meet.
      const scale = Math.round(SIDE * Math.min(MAX_SCALE, window.devicePixelRatio || 1)) / SIDE, canvas = document.createElement("canvas");
      canvas.width = canvas.height = SIDE * scale;
      canvas.style.width = canvas.style.height = SIDE + "px";
      canvas.className = "fringe-tile";
      const left = tile.x * SIDE, top = tile.y * SIDE, c = canvas.getContext("2d");
      L.DomUtil.setPosition(canvas, L.point(left, top).subtract(level.origin));
      c.setTransform(scale, 0, 0, scale, 0, 0);
      tile.canvas = canvas;
      tile.steps = this._slices(c, fringe.viewAt(level.zoom, left, top, SIDE, SIDE, scale));
    },
    _go: function () {
      if (this._running || !this._map) return;
      this._running = requestAnimationFrame(() => {
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
