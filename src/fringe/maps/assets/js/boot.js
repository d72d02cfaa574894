/* Puts the page together. Afterwards window.fringe holds, for scripts and tests: map; layers (id, name, n, visible, legend);
   layer(id); show(layer, visible); labels(); obstacles(); featuresAt(latlng); spot(layer, row): a pixel of the map whose click opens that row;
   open({layer, row}, latlng); settled(): a promise that all is painted; picture(): what is seen of the features, as a canvas; ready: a promise. <html data-painted> appears
   with the first whole picture. */
(function (fringe) {
  "use strict";

  const CJK = '"Noto Sans CJK SC","Source Han Sans SC","Noto Sans SC","PingFang SC","Microsoft YaHei","WenQuanYi Micro Hei",SimHei';
  const LATIN = '"Inter","Segoe UI","Helvetica Neue"';
  const BUTTONS = 62, VIEW_PADDING = 18, FIT_SNAP = 0.02;
  const PATIENCE_MS = 8000;
  // Columns of so few rows are read at once.
  const SMALL = 5000;

  let painted, first = {};
  fringe.ready = new Promise((resolve) => (painted = resolve));

  window.addEventListener("error", () => document.documentElement.classList.add("fringe-broken"));
  // What says that nothing works is not laid out for nothing; it comes back where nothing has come of this by then.
  document.documentElement.classList.add("fringe-begun");
  setTimeout(() => document.documentElement.classList.remove("fringe-begun"), PATIENCE_MS);

  /* Builds the page around Folium's map element and returns the map. */
  fringe.build = function (id, options) {
    const page = JSON.parse(document.getElementById("fringe-data").textContent), holder = document.getElementById(id);
    fringe.page = page;
    fringe.words = page.words;
    fringe.fontFamily = (page.lang === "en" ? LATIN + "," + CJK : CJK + "," + LATIN) + ",sans-serif";
    document.documentElement.style.setProperty("--fringe-font", fringe.fontFamily);
    fringe.layers = page.layers.map((spec) => new fringe.Layer(spec));
    fringe.bits = page.bits;
    fringe.basemaps = (page.basemaps || []).map((spec) => fringe.basemap(spec));
    const frame = fringe.element("div", "fringe-frame"), main = fringe.element("main", "fringe-main");
    const { panel, open } = fringe.legendPanel();
    frame.append(fringe.titleBlock(page), main, panel);
    if (page.days.length) frame.append(fringe.timeBar(page.days));
    holder.parentNode.insertBefore(frame, holder);
    main.append(holder, open);
    holder.setAttribute("role", "application");
    holder.setAttribute("aria-label", fringe.fill(page.words.map_of, { title: page.title }));
    const map = L.map(holder, Object.assign(options, fringe.pairOptions()));
    fringe.map = map;
    return map;
  };

  fringe.fit = function (animate) {
    const [west, south, east, north] = fringe.page.view;
    const narrow = fringe.map.getSize().x < 600, pad = narrow ? 10 : VIEW_PADDING;
    // The scale bar and the sources stand at the foot.
    const fit = (left) => fitFreely([[south, west], [north, east]], { animate, paddingTopLeft: [left, pad], paddingBottomRight: [pad, narrow ? 84 : pad + 24], maxZoom: 17 });
    fit(pad);
    // What is as wide as the map stands beside the buttons, not under them.
    if (!narrow && !fringe.printing && fringe.map.latLngToContainerPoint([north, west]).x < BUTTONS) fit(BUTTONS);
    if (!fringe.printing) first = { zoom: fringe.map.getZoom(), center: fringe.map.getCenter() };
  };

  /* A whole view fills its frame; only steps of the user go in quarters. */
  function fitFreely(bounds, options) {
    freely(() => fringe.map.fitBounds(bounds, Object.assign({ animate: false }, options)));
  }

  function freely(act) {
    const snap = fringe.map.options.zoomSnap;
    fringe.map.options.zoomSnap = FIT_SNAP;
    act();
    fringe.map.options.zoomSnap = snap;
  }

  /* Whether the user has left the first view as it was. */
  const unmoved = () => Math.abs(fringe.map.getZoom() - first.zoom) < 1e-6 && fringe.map.getCenter().equals(first.center, 1e-5);

  fringe.boot = function (map) {
    for (const [name, level] of [["fringe-features", 350], ["fringe-highlight", 420], ["fringe-labels", 450]]) {
      map.createPane(name).style.zIndex = level;
      map.getPane(name).style.pointerEvents = "none";
    }
    fringe.addControls(map, fringe.page);
    fringe.addTools(map);
    // Now that all that takes room is there, it is laid out once.
    fringe.fit(false);
    const side = fringe.page.compare ? "before" : undefined, based = fringe.basemaps.length > 0;
    if (based) fringe.addUnderlay(map, "", side, seen);
    fringe.tiles = new fringe.Tiles("fringe-features", (c, view) => fringe.slices(c, view, side), seen);
    // On paper all features and labels are one picture, and a canvas wipes out what lies below it.
    fringe.paper = new fringe.Canvas("fringe-features", (c, view) => {
      fringe.eachSide(c, view, (half) => {
        if (based) fringe.paintUnderlay(c, view, half);
        fringe.paint(c, view, half);
        fringe.paintLabels(c, view, half);
      });
      if (fringe.page.watermark) fringe.paintWatermark(c, view.width, view.height);
    });
    fringe.highlightCanvas = new fringe.Canvas("fringe-highlight", fringe.paintHighlight, fringe.highlighted).addTo(map);
    fringe.labelCanvas = new fringe.Canvas("fringe-labels", (c, view) => fringe.paintLabels(c, view, side), () => fringe.labelled(side)).addTo(map);
    if (side) fringe.addComparison(map, seen);
    if (fringe.page.watermark) fringe.addWatermark(map);
    fringe.listen(map);
    fringe.watch(map);
    begin(map, based);
  };

  /* Shows the features once they are there. */
  async function begin(map, based) {
    try {
      await Promise.all([...fringe.layers, ...fringe.basemaps].map((layer) => layer.load()));
      // Names belong to the first picture; what only popups say is fetched when there is time.
      await Promise.all(fringe.layers.filter((layer) => layer.label !== undefined || layer.n <= SMALL).map((layer) => layer.read()));
    } catch (error) {
      document.documentElement.classList.add("fringe-broken");
      throw error;
    }
    map.invalidateSize({ animate: false });
    fringe.fit(false);
    fringe.updateScales();
    loaded = true;
    fringe.basemaps.forEach((one) => one.update());
    if (based) fringe.underlay.addTo();
    if (fringe.printing) return fringe.redraw();
    fringe.labelCanvas.redraw();
    fringe.tiles.addTo(map);
    if (fringe.other) fringe.other.tiles.addTo(fringe.other.map);
    // The last tiles may have been painted before the other side was there.
    seen();
  }

  let loaded = false;

  /* Called whenever all that is seen is painted. */
  function seen() {
    const whole = fringe.tiles.whole() && (!fringe.other || fringe.other.tiles.whole()) && (!fringe.underlay || fringe.underlay.whole());
    if (!loaded || !whole || document.documentElement.hasAttribute("data-painted")) return;
    document.documentElement.setAttribute("data-painted", "");
    painted(fringe);
    const rest = fringe.layers.filter((layer) => !layer.reading), idle = window.requestIdleCallback || ((act) => setTimeout(act, 60));
    const next = () => rest.length && idle(() => rest.shift().read().then(next));
    next();
  }

  fringe.redraw = function () {
    if (fringe.printing) fringe.paper.redraw();
    else fringe.tiles.redraw();
    if (fringe.other) fringe.other.redraw();
    fringe.highlightCanvas.redraw();
    fringe.labelCanvas.redraw();
  };

  fringe.settled = () => Promise.all([fringe.tiles, fringe.underlay, fringe.other && fringe.other.tiles].filter(Boolean).map((tiles) => tiles.settled()));

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
    for (let v = layer.data.starts[layer.data.paths[row]]; layer.dimension < 2 && v < layer.data.starts[layer.data.paths[row + 1]]; v++) places.push(fringe.vertex(layer.data, row, v));
    for (let i = 0; i <= STEPS; i++) for (let j = 0; j <= STEPS; j++) places.push([b[4 * row] + ((b[4 * row + 2] - b[4 * row]) * i) / STEPS, b[4 * row + 1] + ((b[4 * row + 3] - b[4 * row + 1]) * j) / STEPS]);
    const pixels = places.map(([x, y]) => ({ x: Math.round(x * k - corner.x), y: Math.round(y * k - corner.y) }));
    // Well inside if it can be: a pointer is not exact.
    const inside = (p, m) => [[0, 0], [m, 0], [-m, 0], [0, m], [0, -m]].every(([dx, dy]) => opens(p.x + dx, p.y + dy));
    return pixels.find((p) => inside(p, 3)) || pixels.find((p) => inside(p, 1)) || pixels.find((p) => inside(p, 0)) || null;
  };

  /* What is seen of the features, as one canvas of the map's size. */
  fringe.picture = function () {
    const size = fringe.map.getSize(), canvas = document.createElement("canvas"), c = canvas.getContext("2d", { willReadFrequently: true });
    canvas.width = size.x;
    canvas.height = size.y;
    for (const tile of fringe.tiles.painted()) c.drawImage(tile.canvas, tile.x, tile.y, tile.width, tile.height);
    if (fringe.other) fringe.other.picture(c);
    return canvas;
  };

  /* The map follows its frame: a folded legend, a turned phone, a sheet of paper. */
  fringe.watch = function (map) {
    new ResizeObserver(() => {
      const whole = unmoved();
      map.invalidateSize({ animate: false });
      if (whole && !fringe.printing) fringe.fit(false);
    }).observe(map.getContainer());
    let before = null;
    const paper = (on) => {
      const seen = map.getBounds(), whole = unmoved();
      if (on) before = [map.getCenter(), map.getZoom()];
      fringe.printing = on;
      if (on) fringe.tiles.remove();
      else fringe.paper.remove();
      (on ? fringe.paper : fringe.tiles).addTo(map);
      document.documentElement.classList.toggle("fringe-printing", on);
      map.closePopup();
      map.invalidateSize({ animate: false });
      if (on && whole) fringe.fit(false);
      else if (on) fitFreely(seen, {});
      else freely(() => map.setView(before[0], before[1], { animate: false }));
      if (fringe.other) fringe.other.paper(on);
      fringe.redraw();
      // A long legend shrinks to its page.
      const legend = document.querySelector(".fringe-panel-body");
      legend.style.zoom = "";
      if (on && legend.scrollHeight > legend.clientHeight) legend.style.zoom = String(legend.clientHeight / legend.scrollHeight);
    };
    window.addEventListener("beforeprint", () => paper(true));
    window.addEventListener("afterprint", () => paper(false));
    map.on("zoomend viewreset", fringe.updateScales);
    map.on("zoomanim", () => map.getPane("fringe-labels").classList.add("fringe-moving"));
    map.on("zoomend", () => map.getPane("fringe-labels").classList.remove("fringe-moving"));
  };
})(window.fringe);
