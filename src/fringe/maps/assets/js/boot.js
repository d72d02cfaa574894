/* Puts the page together. Afterwards window.fringe holds, for scripts and tests: map; layers (id, name, n, visible, legend);
   layer(id); show(layer, visible); labels(); obstacles(); featuresAt(latlng); spot(layer, row): a pixel of the map whose click opens that row;
   open({layer, row}, latlng); ready: a promise. <html data-painted> appears with the first whole picture. */
(function (fringe) {
  "use strict";

  const CJK = '"Noto Sans CJK SC","Source Han Sans SC","Noto Sans SC","PingFang SC","Microsoft YaHei","WenQuanYi Micro Hei",SimHei';
  const LATIN = '"Inter","Segoe UI","Helvetica Neue"';
  const VIEW_PADDING = 22;

  let painted;
  fringe.ready = new Promise((resolve) => (painted = resolve));

  window.addEventListener("error", () => document.documentElement.classList.add("fringe-broken"));

  /* Builds the page around Folium's map element and returns the map. */
  fringe.build = function (id, options) {
    const page = JSON.parse(document.getElementById("fringe-data").textContent), holder = document.getElementById(id);
    fringe.page = page;
    fringe.words = page.words;
    fringe.fontFamily = (page.lang === "en" ? LATIN + "," + CJK : CJK + "," + LATIN) + ",sans-serif";
    document.documentElement.style.setProperty("--fringe-font", fringe.fontFamily);
    fringe.layers = page.layers.map((spec) => new fringe.Layer(spec));
    fringe.bits = fringe.layers[0].data.bits;
    const frame = fringe.element("div", "fringe-frame"), main = fringe.element("main", "fringe-main");
    const { panel, open } = fringe.legendPanel();
    frame.append(fringe.titleBlock(page), main, panel);
    holder.parentNode.insertBefore(frame, holder);
    main.append(holder, open);
    holder.setAttribute("role", "application");
    holder.setAttribute("aria-label", fringe.fill(page.words.map_of, { title: page.title }));
    const map = L.map(holder, options);
    fringe.map = map;
    fringe.fit(false);
    return map;
  };

  fringe.fit = function (animate) {
    const [west, south, east, north] = fringe.page.view;
    const narrow = fringe.map.getSize().x < 600, pad = narrow ? 12 : VIEW_PADDING;
    // The scale bar and the sources stand at the foot.
    fringe.map.fitBounds([[south, west], [north, east]], { animate, paddingTopLeft: [pad, pad], paddingBottomRight: [pad, narrow ? 84 : pad + 22], maxZoom: 17 });
  };

  fringe.boot = function (map) {
    for (const [name, level] of [["fringe-features", 350], ["fringe-highlight", 420], ["fringe-labels", 450]]) {
      map.createPane(name).style.zIndex = level;
      map.getPane(name).style.pointerEvents = "none";
    }
    fringe.addControls(map, fringe.page);
    fringe.featureCanvas = new fringe.Canvas("fringe-features", fringe.paint).addTo(map);
    fringe.highlightCanvas = new fringe.Canvas("fringe-highlight", fringe.paintHighlight).addTo(map);
    fringe.labelCanvas = new fringe.Canvas("fringe-labels", (c, view) => fringe.labelCanvas && fringe.paintLabels(c, view)).addTo(map);
    fringe.listen(map);
    fringe.watch(map);
    requestAnimationFrame(() => {
      map.invalidateSize({ animate: false });
      fringe.fit(false);
      fringe.redraw();
      document.documentElement.setAttribute("data-painted", "");
      painted(fringe);
    });
  };

  fringe.redraw = function () {
    fringe.featureCanvas.redraw();
    fringe.highlightCanvas.redraw();
    fringe.labelCanvas.redraw();
  };

  fringe.layer = (id) => fringe.layers.find((layer) => layer.id === id || layer.name === id);

  /* A pixel of the map where a click opens a row, or null where it is hidden or out of sight. */
  fringe.spot = function (id, row) {
    const layer = fringe.layer(id), size = fringe.map.getSize(), k = Math.pow(2, fringe.map.getZoom() + 8 - fringe.bits), b = layer.data.boxes;
    const corner = fringe.map.getPixelBounds().min, covered = fringe.obstacles(), STEPS = 24;
    const opens = (x, y) => {
      if (x < 1 || y < 1 || x > size.x - 1 || y > size.y - 1) return false;
      if (covered.some((box) => x > box.x && x < box.x + box.w && y > box.y && y < box.y + box.h)) return false;
      const top = fringe.featuresAt(fringe.map.containerPointToLatLng([x, y]))[0];
      return Boolean(top && top.layer === layer && top.row === row);
    };
    const places = [];
    if (layer.anchors) places.push([layer.anchors.x[row], layer.anchors.y[row]]);
    for (let v = layer.data.starts[layer.data.paths[row]]; layer.dimension < 2 && v < layer.data.starts[layer.data.paths[row + 1]]; v++) places.push([layer.data.x[v], layer.data.y[v]]);
    for (let i = 0; i <= STEPS; i++) for (let j = 0; j <= STEPS; j++) places.push([b[4 * row] + ((b[4 * row + 2] - b[4 * row]) * i) / STEPS, b[4 * row + 1] + ((b[4 * row + 3] - b[4 * row + 1]) * j) / STEPS]);
    const pixels = places.map(([x, y]) => ({ x: Math.round(x * k - corner.x), y: Math.round(y * k - corner.y) }));
    // Well inside if it can be: a pointer is not exact.
    const inside = (p) => [[0, 0], [3, 0], [-3, 0], [0, 3], [0, -3]].every(([dx, dy]) => opens(p.x + dx, p.y + dy));
    return pixels.find(inside) || pixels.find((p) => opens(p.x, p.y)) || null;
  };

  /* The map follows its frame: a folded legend, a turned phone, a sheet of paper. */
  fringe.watch = function (map) {
    new ResizeObserver(() => map.invalidateSize({ animate: false, pan: false })).observe(map.getContainer());
    const paper = (on) => {
      const seen = map.getBounds();
      fringe.printing = on;
      document.documentElement.classList.toggle("fringe-printing", on);
      map.closePopup();
      map.invalidateSize({ animate: false });
      map.fitBounds(seen, { animate: false });
      fringe.redraw();
    };
    window.addEventListener("beforeprint", () => paper(true));
    window.addEventListener("afterprint", () => paper(false));
    map.on("zoomanim", () => map.getPane("fringe-labels").classList.add("fringe-moving"));
    map.on("zoomend", () => map.getPane("fringe-labels").classList.remove("fringe-moving"));
  };
})(window.fringe);
