/* Before and after: one map with a divider (swipe), or two that move together (side). fringe.other is the side "after":
   map, tiles, redraw(), picture(context), paper(on). What belongs to no side is drawn on both. */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);
  // Of the map's width, for an arrow key and a page key.
  const STEP = 0.02, LEAP = 0.1;
  const FAR = 20000;
  const NAME_GAP = 14, EDGE = 62;
  const GRIP = "M7 5 3 10l4 5M13 5l4 5-4 5";

  let share = 0.5;

  const compared = () => fringe.page.compare;
  const swipes = () => compared().mode === "swipe";
  const dividerX = () => Math.round(fringe.map.getSize().x * share);

  fringe.onSide = (layer, side) => !side || !layer.side || layer.side === side;

  /* Where the labels of a side may stand: one that crossed the divider would be half of one figure and half of another. */
  fringe.spanOf = (side, width) => (!side || !swipes() ? [0, width] : side === "before" ? [0, dividerX()] : [dividerX(), width]);

  /* The side a place of the map is on. */
  fringe.sideAt = (latlng, side) => (swipes() ? (fringe.map.latLngToContainerPoint(latlng).x < dividerX() ? "before" : "after") : side || "before");

  fringe.sideOf = (map) => (fringe.other && map === fringe.other.map && map !== fringe.map ? "after" : undefined);

  fringe.mapOf = (layer) => (fringe.other && layer.side === "after" ? fringe.other.map : fringe.map);

  /* Two maps that move together cannot each animate by itself. */
  fringe.pairOptions = () => (swipes() ? {} : { zoomAnimation: false });

  /* On one sheet of paper a swipe shows both sides, as on the screen. */
  fringe.eachSide = function (c, view, act) {
    if (!swipes()) return act("before");
    const x = fringe.map.getPixelBounds().min.x - view.ox + dividerX();
    for (const [side, from, to] of [["before", 0, x], ["after", x, view.width]]) {
      c.save();
      c.beginPath();
      c.rect(from, 0, to - from, view.height);
      c.clip();
      act(side);
      c.restore();
    }
  };

  /* Adds the side "after"; `seen` is called when it is painted. */
  fringe.addComparison = function (map, seen) {
    const main = map.getContainer().parentNode;
    main.classList.add(swipes() ? "fringe-swipe" : "fringe-pair");
    fringe.other = swipes() ? curtain(map, seen) : second(map, main, seen);
    const mine = fringe.labelCanvas, others = fringe.other.labels;
    fringe.labelCanvas = { redraw: () => [mine, others].forEach((canvas) => canvas.redraw()) };
  };

  function panes(map, suffix) {
    for (const [name, level] of [["fringe-features", 351], ["fringe-highlight", 421], ["fringe-labels", 451]]) {
      map.createPane(name + suffix).style.zIndex = level;
      map.getPane(name + suffix).style.pointerEvents = "none";
    }
  }

  function drawn(map, suffix, seen) {
    panes(map, suffix);
    if (fringe.basemaps.length) fringe.addUnderlay(map, suffix, "after", seen);
    const tiles = new fringe.Tiles("fringe-features" + suffix, (c, view) => fringe.slices(c, view, "after"), seen);
    const labels = new fringe.Canvas("fringe-labels" + suffix, (c, view) => fringe.paintLabels(c, view, "after", map), () => fringe.labelled("after")).addTo(map);
    map.on("zoomanim", () => map.getPane("fringe-labels" + suffix).classList.add("fringe-moving"));
    map.on("zoomend", () => map.getPane("fringe-labels" + suffix).classList.remove("fringe-moving"));
    return { map, tiles, labels };
  }

  function nameOf(side, parent) {
    const box = element("div", "fringe-side-name fringe-" + side, null, parent), { name, day } = compared()[side];
    element("b", null, name, box);
    if (day && day !== name) element("span", null, day, box);
    return box;
  }

  /* One map: the sides lie over each other, each cut off at the divider. */
  function curtain(map, seen) {
    const made = drawn(map, "-after", seen), pane = map.createPane("fringe-divider"), words = fringe.words;
    // Above the labels, below popups.
    pane.style.zIndex = 650;
    const line = element("div", "fringe-divider", null, pane), names = ["before", "after"].map((side) => nameOf(side, line)), grip = element("div", "fringe-grip", null, line);
    grip.tabIndex = 0;
    for (const [name, value] of [["role", "slider"], ["aria-orientation", "horizontal"], ["aria-valuemin", 0], ["aria-valuemax", 100]]) grip.setAttribute(name, value);
    grip.setAttribute("aria-label", fringe.fill(words.compare_divider, { before: named("before"), after: named("after") }));
    fringe.svg("path", { d: GRIP }, fringe.svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, grip));
    const cut = () => {
      const corner = map.containerPointToLayerPoint([0, 0]), size = map.getSize(), at = dividerX(), x = corner.x + at;
      const box = (from, to) => "polygon(" + [[from, corner.y - FAR], [to, corner.y - FAR], [to, corner.y + FAR], [from, corner.y + FAR]].map(([px, py]) => px + "px " + py + "px").join(",") + ")";
      for (const name of ["fringe-basemap", "fringe-features", "fringe-labels"].filter((each) => map.getPane(each))) {
        // The sheet of paper is one picture with both sides in it.
        map.getPane(name).style.clipPath = fringe.printing ? "" : box(corner.x - FAR, x);
        map.getPane(name + "-after").style.clipPath = box(x, corner.x + FAR);
      }
      L.DomUtil.setPosition(line, L.point(x, corner.y));
      line.style.height = size.y + "px";
      grip.setAttribute("aria-valuenow", Math.round(100 * share));
      grip.setAttribute("aria-valuetext", fringe.fill(words.compare_share, { n: Math.round(100 * share) }));
      // A name stays away where its side is too narrow for it and for the buttons at the edge.
      names.forEach((name, i) => {
        // Beside the divider, and never under the buttons and the north arrow at the edges.
        const aside = Math.max(NAME_GAP, (i ? EDGE - at : EDGE - (size.x - at)));
        name.hidden = false;
        name.style[i ? "left" : "right"] = aside + "px";
        name.hidden = (i ? size.x - at : at) < name.offsetWidth + aside + EDGE;
      });
    };
    // Sides and labels change in one frame.
    let asked = 0;
    const again = () => {
      asked = asked || requestAnimationFrame(() => {
        asked = 0;
        cut();
        fringe.labelCanvas.redraw();
      });
    };
    const move = (to) => {
      share = Math.max(0, Math.min(1, to));
      again();
    };
    map.on("move viewreset zoomend resize", cut);
    map.on("move resize", () => !fringe.printing && again());
    L.DomEvent.disableClickPropagation(line);
    line.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      if (event.button) return;
      line.setPointerCapture(event.pointerId);
      grip.focus({ preventScroll: true });
      event.preventDefault();
    });
    line.addEventListener("pointermove", (event) => {
      if (!line.hasPointerCapture(event.pointerId)) return;
      const frame = map.getContainer().getBoundingClientRect();
      move((event.clientX - frame.left) / frame.width);
    });
    grip.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -STEP, ArrowDown: -STEP, ArrowRight: STEP, ArrowUp: STEP, PageDown: -LEAP, PageUp: LEAP }[event.key];
      const to = event.key === "Home" ? 0 : event.key === "End" ? 1 : by ? share + by : null;
      if (to === null) return;
      event.preventDefault();
      event.stopPropagation();
      move(to);
    });
    cut();
    return Object.assign(made, {
      divide: move,
      redraw: () => !fringe.printing && made.tiles.redraw(),
      picture: (c) => {
        const x = dividerX(), size = map.getSize();
        c.clearRect(x, 0, size.x - x, size.y);
        c.save();
        c.beginPath();
        c.rect(x, 0, size.x - x, size.y);
        c.clip();
        for (const tile of made.tiles.painted()) c.drawImage(tile.canvas, tile.x, tile.y, tile.width, tile.height);
        c.restore();
      },
      paper: (on) => {
        if (on) made.tiles.remove();
        else made.tiles.addTo(map);
        cut();
      },
    });
  }

  const named = (side) => [...new Set([compared()[side].name, compared()[side].day])].filter(Boolean).join(" ");

  /* What a side is called over a narrow column: of a day its month and day. */
  fringe.shortName = (side) => compared()[side].name.replace(/^\d{4}-(?=\d\d-\d\d$)/, "");

  /* Two maps beside each other. */
  function second(map, main, seen) {
    const holder = element("div", "folium-map fringe-second");
    map.getContainer().after(holder);
    for (const [name, value] of [["role", "application"], ["aria-label", fringe.fill(fringe.words.compare_other, { name: named("after") })]]) holder.setAttribute(name, value);
    const other = L.map(holder, Object.assign({}, map.options, { center: map.getCenter(), zoom: map.getZoom() })), made = drawn(other, "", seen);
    const ink = new fringe.Canvas("fringe-highlight", fringe.paintHighlight, fringe.highlighted).addTo(other), mine = fringe.highlightCanvas;
    fringe.highlightCanvas = { redraw: () => [mine, ink].forEach((canvas) => canvas.redraw()) };
    const paper = new fringe.Canvas("fringe-features", (c, view) => {
      if (fringe.basemaps.length) fringe.paintUnderlay(c, view, "after");
      fringe.paint(c, view, "after");
      fringe.paintLabels(c, view, "after", other);
    });
    nameOf("before", map.getContainer());
    nameOf("after", holder);
    let following = false;
    const follow = (one, two) => {
      if (following) return;
      following = true;
      // To the very zoom of the other, which may lie between the steps of a user.
      const snap = two.options.zoomSnap;
      two.options.zoomSnap = 0;
      two.setView(one.getCenter(), one.getZoom(), { animate: false });
      two.options.zoomSnap = snap;
      following = false;
    };
    map.on("move zoomend viewreset", () => follow(map, other));
    other.on("move zoomend viewreset", () => follow(other, map));
    const measure = () => {
      // A new size moves the middle; the first map has it right.
      following = true;
      other.invalidateSize({ animate: false });
      following = false;
      follow(map, other);
    };
    new ResizeObserver(measure).observe(holder);
    fringe.listen(other);
    return Object.assign(made, {
      redraw: () => (fringe.printing ? paper.redraw() : made.tiles.redraw()),
      picture: () => {},
      paper: (on) => {
        (on ? made.tiles : paper).remove();
        (on ? paper : made.tiles).addTo(other);
        measure();
      },
    });
  }
})(window.fringe);
