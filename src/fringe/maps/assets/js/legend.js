/* The legend is also the layer switch: each layer stands with its own entries, which go when it goes. */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);

  /* The legend of two figures: a square of colours with their counts, classes at its sides. Returns how to colour it anew. */
  function square(layer, list, counts) {
    const [across, up] = layer.grid, wide = across.classes.length, high = up.classes.length;
    const box = element("li", "fringe-square", null, list);
    const put = (name, text, row, column, span) => {
      const made = element("span", name, text, box);
      made.style.gridArea = [row, column, "auto", span || "auto"].join(" / ");
      return made;
    };
    const titled = (side) => side.label + (side.note ? " (" + side.note + ")" : "");
    put("fringe-up", "↑ " + titled(up), 1, 1, "-1");
    up.classes.forEach((label, i) => put("fringe-edge", label, high + 1 - i, 1));
    across.classes.forEach((label, i) => put("fringe-edge", label, high + 2, 2 + i));
    put("fringe-across", titled(across) + " →", high + 3, 1, "-1");
    box.style.gridTemplateColumns = "auto repeat(" + wide + ", 1fr)";
    const cells = layer.legend.slice(0, wide * high).map(({ label, symbol, count }) => {
      const cell = put("fringe-cell", fringe.count(count), high + 1 - Math.floor(symbol / wide), 2 + (symbol % wide));
      cell.title = label;
      counts.push(cell);
      return [cell, layer.symbols[symbol].fill];
    });
    const paint = () => {
      for (const [cell, fill] of cells) {
        // On paper, as much of it as a basemap leaves.
        const mixed = [1, 3, 5].map((i) => 255 + (parseInt(fill.slice(i, i + 2), 16) - 255) * (layer.veil || 1)), [r, g, b] = mixed.map((part) => (part / 255) ** 2.2);
        cell.style.background = "rgb(" + mixed.map(Math.round).join() + ")";
        // White ink where the ground is darker than middle grey.
        cell.style.color = 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.18 ? "#ffffff" : "#1f2a33";
      }
    };
    paint();
    return paint;
  }

  function entry(layer, list) {
    const box = element("li", "fringe-layer", null, list), head = element("label", "fringe-layer-head", null, box);
    const check = element("input", null, null, head);
    check.type = "checkbox";
    check.checked = layer.visible;
    const single = layer.legend.length === 1 && layer.symbols.length === 1;
    const swatches = [], swatch = (item, parent) => swatches.push([parent.appendChild(fringe.swatch(layer.spec.symbols[item.symbol], layer.dimension, layer.veil)), item]);
    if (single) swatch(layer.legend[0], head);
    const name = element("span", "fringe-layer-name", layer.name, head);
    if (layer.note) element("span", "fringe-note", layer.note, name);
    const scaled = [], counts = [], twin = layer.twin && fringe.layer(layer.twin), twins = [], compared = fringe.page.compare;
    if (layer.side && !twin) element("span", "fringe-note", compared[layer.side].name, name);
    // A count of road pieces tells nothing, nor one of what tiles have cut; a count of areas or places does.
    const counted = layer.dimension !== 1 && !layer.base;
    for (const one of [layer, twin]) if (one && one.without) element("span", "fringe-note", (twin ? compared[one.side].name + " " : "") + one.without, name);
    const tell = (item, line) => {
      counts.push(element("span", "fringe-count", fringe.count(item.count), line));
      if (twin) twins.push(element("span", "fringe-count", fringe.count(twin.legend[layer.legend.indexOf(item)].count), line));
    };
    box.classList.toggle("fringe-both", Boolean(twin));
    if (single && counted) tell(layer.legend[0], head);
    let entries = null, squared = () => {};
    if (!single) {
      entries = element("ul", "fringe-entries", null, box);
      entries.setAttribute("aria-label", layer.name);
      if (twin && layer.dimension !== 1) {
        const heads = element("li", "fringe-both-heads", null, entries);
        for (const side of ["before", "after"]) element("span", null, fringe.shortName(side), heads).title = [compared[side].name, compared[side].day].join(" ");
      }
      if (layer.grid) squared = square(layer, entries, counts);
      for (const item of layer.legend) {
        if (layer.grid && item.symbol < layer.symbols.length - 1) continue;
        const line = element("li", null, null, entries);
        swatch(item, line);
        element("span", "fringe-entry", item.label, line);
        if (fringe.symbol(layer.spec.symbols[item.symbol]).least_zoom) scaled.push([line, layer.spec.symbols[item.symbol].least_zoom]);
        if (counted) tell(item, line);
      }
    }
    for (const [line] of scaled) line.dataset.scale = fringe.words.not_at_scale;
    layer.updateScale = (zoom) => scaled.forEach(([line, least]) => line.classList.toggle("fringe-unscaled", least > zoom));
    const update = () => {
      box.classList.toggle("fringe-off", !layer.visible);
      check.checked = layer.visible;
      if (entries) entries.hidden = !layer.visible;
    };
    check.addEventListener("change", () => fringe.show(layer, check.checked));
    layer.updateLegend = update;
    layer.veils = () => {
      squared();
      for (const pair of swatches) {
        const anew = fringe.swatch(layer.spec.symbols[pair[1].symbol], layer.dimension, layer.veil);
        pair[0].replaceWith(anew);
        pair[0] = anew;
      }
    };
    /* Counts anew what is there. */
    const recount = (one, cells) => () => {
      const found = new Uint32Array(one.symbols.length);
      // Rows without geometry are counted beside the name.
      for (let row = 0; row < one.n; row++) if (one.there(row) && one.data.paths[row] < one.data.paths[row + 1]) found[one.code(row)]++;
      cells.forEach((count, i) => (count.textContent = fringe.count(found[one.legend[i].symbol])));
    };
    layer.recount = recount(layer, counts);
    if (twin) Object.assign(twin, { recount: recount(twin, twins), updateLegend: update });
    update();
  }

  fringe.legendPanel = function () {
    const words = fringe.words, panel = element("aside", "fringe-panel");
    panel.id = "fringe-panel";
    panel.setAttribute("aria-label", words.legend_open);
    const head = element("div", "fringe-panel-head", null, panel);
    element("h2", null, words.legend, head);
    const close = element("button", "fringe-close", "×", head);
    close.type = "button";
    close.title = words.fold;
    close.setAttribute("aria-label", words.fold);
    const body = element("div", "fringe-panel-body", null, panel);
    for (const group of [...new Set(fringe.layers.map((layer) => layer.group))]) {
      const section = element("section", null, null, body);
      const title = element("h3", null, group, section);
      if (fringe.layers.some((layer) => layer.group === group && layer.dimension !== 1 && !layer.base)) element("span", null, words.count, title);
      const list = element("ul", "fringe-layers", null, section);
      fringe.layers.filter((layer) => layer.group === group && !layer.twin_of).forEach((layer) => entry(layer, list));
    }
    fringe.updateScales = () => fringe.layers.forEach((layer) => layer.updateScale && layer.updateScale(fringe.map.getZoom()));
    if (fringe.page.basemaps) fringe.basemapLegend(body);
    const open = element("button", "fringe-open", words.legend_open);
    open.type = "button";
    open.setAttribute("aria-controls", panel.id);
    const root = document.documentElement;
    const fold = (folded) => {
      root.classList.toggle("fringe-folded", folded);
      root.classList.toggle("fringe-unfolded", !folded);
      open.setAttribute("aria-expanded", String(!folded));
      (folded ? open : close).focus({ preventScroll: true });
    };
    close.addEventListener("click", () => fold(true));
    open.addEventListener("click", () => fold(false));
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") fold(true);
    });
    return { panel, open };
  };

  /* Shows or hides a layer, with its legend, labels and popup. */
  fringe.show = function (layer, visible) {
    layer.visible = visible;
    if (layer.twin) fringe.layer(layer.twin).visible = visible;
    layer.updateLegend();
    if (fringe.page.basemaps) fringe.veil();
    if (!visible && fringe.selected && fringe.selected.layer === layer) fringe.map.closePopup();
    fringe.redraw();
  };
})(window.fringe);
