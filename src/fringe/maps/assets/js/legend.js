/* The legend is also the layer switch: each layer stands with its own entries, which go when it goes. */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);

  function entry(layer, list) {
    const box = element("li", "fringe-layer", null, list), head = element("label", "fringe-layer-head", null, box);
    const check = element("input", null, null, head);
    check.type = "checkbox";
    check.checked = layer.visible;
    const single = layer.legend.length === 1 && layer.symbols.length === 1;
    if (single) head.appendChild(fringe.swatch(layer.spec.symbols[layer.legend[0].symbol], layer.dimension));
    const name = element("span", "fringe-layer-name", layer.name, head);
    if (layer.note) element("span", "fringe-note", layer.note, name);
    const counts = [];
    if (single && layer.dimension !== 1) counts.push(element("span", "fringe-count", layer.legend[0].count.toLocaleString("en"), head));
    let entries = null;
    if (!single) {
      entries = element("ul", "fringe-entries", null, box);
      entries.setAttribute("aria-label", layer.name);
      for (const item of layer.legend) {
        const line = element("li", null, null, entries);
        line.appendChild(fringe.swatch(layer.spec.symbols[item.symbol], layer.dimension));
        element("span", "fringe-entry", item.label, line);
        // A count of road pieces tells nothing; a count of areas or places does.
        if (layer.dimension !== 1) counts.push(element("span", "fringe-count", item.count.toLocaleString("en"), line));
      }
    }
    const update = () => {
      box.classList.toggle("fringe-off", !layer.visible);
      check.checked = layer.visible;
      if (entries) entries.hidden = !layer.visible;
    };
    check.addEventListener("change", () => fringe.show(layer, check.checked));
    layer.updateLegend = update;
    /* Counts anew what is there. */
    layer.recount = () => {
      const found = new Uint32Array(layer.symbols.length);
      for (let row = 0; row < layer.n; row++) if (layer.there(row)) found[layer.code(row)]++;
      counts.forEach((count, i) => (count.textContent = found[layer.legend[i].symbol].toLocaleString("en")));
    };
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
      if (fringe.layers.some((layer) => layer.group === group && layer.dimension !== 1)) element("span", null, words.count, title);
      const list = element("ul", "fringe-layers", null, section);
      fringe.layers.filter((layer) => layer.group === group).forEach((layer) => entry(layer, list));
    }
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
    layer.updateLegend();
    if (!visible && fringe.selected && fringe.selected.layer === layer) fringe.map.closePopup();
    fringe.redraw();
  };
})(window.fringe);
