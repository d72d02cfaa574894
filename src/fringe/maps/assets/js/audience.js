/* What a map says of its audience: a watermark across it, on screen and on paper. */
(function (fringe) {
  "use strict";

  const INK = "rgba(122, 34, 24, 0.21)", SIZE = 21, ANGLE = -0.42, LINE_PX = 150, GAP_PX = 120;

  /* Writes the watermark over a canvas of a width and height in CSS pixels. */
  fringe.paintWatermark = function (c, width, height) {
    const text = fringe.page.watermark;
    c.save();
    c.font = "700 " + SIZE + "px " + fringe.fontFamily;
    c.fillStyle = INK;
    c.textBaseline = "middle";
    const step = c.measureText(text).width + GAP_PX, reach = Math.hypot(width, height) / 2;
    c.translate(width / 2, height / 2);
    c.rotate(ANGLE);
    for (let row = -Math.ceil(reach / LINE_PX); row * LINE_PX <= reach; row++) {
      for (let x = -Math.ceil(reach / step + 1) * step + (row % 2 ? step / 2 : 0) - step / 2; x <= reach; x += step) c.fillText(text, x, row * LINE_PX);
    }
    c.restore();
  };

  /* Lays the watermark over the map; it stays where it is while the map moves. */
  fringe.addWatermark = function (map) {
    const canvas = fringe.element("canvas", "fringe-watermark", null, map.getContainer());
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", fringe.page.watermark);
    const paint = () => {
      const size = map.getSize(), scale = Math.min(2, window.devicePixelRatio || 1), c = canvas.getContext("2d");
      canvas.width = size.x * scale;
      canvas.height = size.y * scale;
      c.setTransform(scale, 0, 0, scale, 0, 0);
      fringe.paintWatermark(c, size.x, size.y);
    };
    map.on("resize", paint);
    paint();
  };
})(window.fringe);
