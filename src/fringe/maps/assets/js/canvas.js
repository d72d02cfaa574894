/* Canvases over the map: one for all features, one for the highlight, one for labels. They move and zoom with the map
   and are drawn anew when it rests. */
(function (fringe) {
  "use strict";

  // More device pixels than this cost memory on phones and show nothing.
  const MAX_SCALE = 2;
  // Chromium prints what a canvas holds as shapes, and cuts the step from its pixels to those of the page off at a 64th: a third
  // would come out as 21/64, which makes a map of 98.4 % beside a true scale bar.
  const PRINT_SCALE = 64 / 21;

  /* A Leaflet renderer that calls `paint(context, view)` whenever the map has moved. While `wanted()` is false it has no pixels: an empty
     canvas costs as much to move and to show as a full one. */
  fringe.Canvas = L.Renderer.extend({
    options: { padding: 0.2 },
    initialize: function (pane, paint, wanted) {
      L.Renderer.prototype.initialize.call(this, { pane: pane });
      this._paint = paint;
      this._wanted = wanted || (() => true);
    },
    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
      this._context = this._container.getContext("2d");
    },
    _destroyContainer: function () {
      this._container.remove();
      delete this._container;
      delete this._context;
    },
    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      this.redraw();
    },
    /* Leaflet would put what was just drawn at a fraction of a pixel, where texts blur. */
    _reset: function () {
      this._update();
    },
    redraw: function () {
      if (!this._map || !this._bounds) return;
      const box = this._bounds, size = box.getSize(), canvas = this._container;
      if (!this._wanted()) {
        if (canvas.width) canvas.width = 0;
        return;
      }
      const scale = fringe.printing ? PRINT_SCALE : Math.min(MAX_SCALE, window.devicePixelRatio || 1);
      L.DomUtil.setPosition(canvas, box.min);
      // Setting the size also clears it. Never larger than its place: the step above would be cut off at the next 64th.
      canvas.width = Math.floor(size.x * scale);
      canvas.height = Math.floor(size.y * scale);
      canvas.style.width = size.x + "px";
      canvas.style.height = size.y + "px";
      const c = this._context;
      c.setTransform(scale, 0, 0, scale, 0, 0);
      this._paint(c, fringe.view(this._map, box, scale));
    },
  });

  fringe.view = function (map, box, scale) {
    const origin = map.getPixelOrigin(), size = box.getSize();
    return fringe.viewAt(map.getZoom(), origin.x + box.min.x, origin.y + box.min.y, size.x, size.y, scale);
  };

  /* What a canvas shows: pixel = unit * k - ox; the part of the world seen; how wide lines are. */
  fringe.viewAt = function (zoom, ox, oy, width, height, scale) {
    const k = Math.pow(2, zoom + 8 - fringe.bits);
    return {
      zoom, k, ox, oy, scale, width, height,
      // Gently: a line is 2.6 times wider four zooms in.
      widen: Math.max(0.55, Math.min(2.6, Math.pow(2, (zoom - 13) * 0.35))),
      west: ox / k, north: oy / k, east: (ox + width) / k, south: (oy + height) / k,
    };
  };

  // Vertices closer than this to the last one are passed over, in pixels of the device.
  const NEAR = 0.75;

  /* Adds a row's paths to the path of a context, or a path, or those of one kind. */
  fringe.trace = function (c, data, row, view, kind) {
    const { x, y, starts, kinds } = data, { k } = view, ox = view.ox - data.boxes[4 * row] * k, oy = view.oy - data.boxes[4 * row + 1] * k, near = NEAR / view.scale;
    for (let p = data.paths[row]; p < data.paths[row + 1]; p++) {
      if (kind !== undefined && kinds[p] !== kind) continue;
      const first = starts[p], end = starts[p + 1];
      let lx = x[first] * k - ox, ly = y[first] * k - oy;
      c.moveTo(lx, ly);
      for (let v = first + 1; v < end; v++) {
        const px = x[v] * k - ox, py = y[v] * k - oy, dx = px - lx, dy = py - ly;
        if (dx < near && dx > -near && dy < near && dy > -near && v < end - 1) continue;
        c.lineTo(px, py);
        lx = px;
        ly = py;
      }
      if (kinds[p] === fringe.RING) c.closePath();
    }
  };
})(window.fringe);
