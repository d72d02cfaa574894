/* The tools beside the map: a column of buttons; most open a panel. On a phone they wait behind one button.
   fringe.tools: {name: {open(), close(), button, box}}; fringe.goTo(layer, row) shows a feature and opens its popup. */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);
  const SVG = "http://www.w3.org/2000/svg";
  const MOST_ZOOM = 17, ROOM = 48;
  const ICONS = {
    tools: "M4.5 10h.01M10 10h.01M15.5 10h.01",
    search: "M13.5 8.5a5 5 0 1 1-10 0 5 5 0 0 1 10 0ZM12.3 12.3 17 17",
    filter: "M3 4h14l-5.5 6.5V15l-3 1.7v-6.2Z",
    table: "M3 4.5h14v11H3ZM3 8.2h14M3 11.9h14M8 4.5v11",
    measure: "M2.5 13 13 2.5 17.5 7 7 17.5ZM5.5 10l2 2M8 7.5l2.8 2.8M10.5 5l2 2",
    full: "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4",
  };

  fringe.svg = function (tag, attributes, parent, text) {
    const made = document.createElementNS(SVG, tag);
    for (const name in attributes) made.setAttribute(name, attributes[name]);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.appendChild(made);
    return made;
  };

  fringe.button = function (box, name, says, act, text) {
    const made = element("button", name, text, box);
    made.type = "button";
    if (says) made.title = says;
    if (says && !text) made.setAttribute("aria-label", says);
    made.addEventListener("click", act);
    return made;
  };

  function icon(button, name) {
    const svg = fringe.svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, button);
    fringe.svg("path", { d: ICONS[name] }, svg);
  }

  let current = null;
  fringe.tools = {};

  /* A button, and the panel it opens: `fill(box)` is called once; `shown()` and `hidden()` every time. */
  function panelTool(column, main, name, { wide, fill, shown, hidden }) {
    const says = fringe.words["tool_" + name], box = element("section", (wide ? "fringe-dock" : "fringe-fly") + " fringe-" + name + "-panel", null, main);
    box.id = "fringe-" + name;
    box.hidden = true;
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", says);
    const tool = { box, open: () => show(true), close: () => show(false) }, head = element("div", "fringe-fly-head", null, box);
    element("h2", null, says, head);
    tool.head = head;
    fringe.button(head, "fringe-close", fringe.words.close, () => show(false, true)).append("×");
    const button = (tool.button = fringe.button(column, "fringe-tool fringe-tool-" + name, says, () => show(box.hidden)));
    icon(button, name);
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", box.id);
    let filled = false;
    function show(open, back) {
      if (open === !box.hidden) return;
      // On a phone the other buttons fold away again.
      if (open) column.unfold(false);
      if (open && !wide && current) current.close();
      if (!wide) current = open ? tool : null;
      if (open && !filled) fill(box, tool);
      filled = filled || open;
      box.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      (open ? shown : hidden || (() => 0))();
      if (back) (button.getClientRects().length ? button : column.querySelector(".fringe-more")).focus();
    }
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      show(false, true);
    });
    fringe.tools[name] = tool;
  }

  fringe.addTools = function (map) {
    const main = map.getContainer().parentNode, words = fringe.words;
    const Made = L.Control.extend({
      options: { position: "topleft" },
      onAdd: () => {
        const box = element("div", "fringe-control fringe-zoom fringe-tools");
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", words.tools);
        L.DomEvent.disableClickPropagation(box);
        L.DomEvent.disableScrollPropagation(box);
        const more = fringe.button(box, "fringe-tool fringe-more", words.tools, () => box.unfold(!box.classList.contains("fringe-unfolded")));
        icon(more, "tools");
        box.unfold = (on) => {
          more.setAttribute("aria-expanded", String(on));
          if (box.classList.contains("fringe-unfolded") === on) return;
          box.classList.toggle("fringe-unfolded", on);
          fringe.labelCanvas.redraw();
        };
        more.setAttribute("aria-expanded", "false");
        for (const name of ["search", "filter", "table", "measure"]) {
          const made = fringe[name + "Tool"]();
          if (made) panelTool(box, main, name, made);
        }
        if (document.fullscreenEnabled) {
          const full = fringe.button(box, "fringe-tool fringe-full", words.tool_full, () => {
            if (document.fullscreenElement) document.exitFullscreen();
            else document.documentElement.requestFullscreen();
          });
          icon(full, "full");
          document.addEventListener("fullscreenchange", () => full.setAttribute("aria-pressed", String(Boolean(document.fullscreenElement))));
        }
        return box;
      },
    });
    new Made().addTo(map);
  };

  /* A place well inside an area, on the way of a line, at a point; null where a row has no shape. In units. */
  fringe.placeOf = function (layer, row) {
    const d = layer.data, first = d.starts[d.paths[row]], end = d.starts[d.paths[row + 1]];
    if (first === end) return null;
    if (layer.dimension < 2) return fringe.vertex(d, row, (first + end) >> 1);
    if (layer.anchors && layer.anchors.r[row]) return [layer.anchors.x[row], layer.anchors.y[row]];
    const west = d.boxes[4 * row], north = d.boxes[4 * row + 1], y = (d.boxes[4 * row + 3] - north) / 2 + 0.01, cuts = [];
    for (let p = d.paths[row]; p < d.paths[row + 1]; p++) {
      for (let v = d.starts[p], j = d.starts[p + 1] - 1; v < d.starts[p + 1]; j = v++) {
        if (d.y[v] > y !== d.y[j] > y) cuts.push(d.x[v] + ((d.x[j] - d.x[v]) * (y - d.y[v])) / (d.y[j] - d.y[v]));
      }
    }
    cuts.sort((a, b) => a - b);
    let best = fringe.vertex(d, row, first), widest = 0;
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      if (cuts[i + 1] - cuts[i] > widest) {
        widest = cuts[i + 1] - cuts[i];
        best = [west + (cuts[i] + cuts[i + 1]) / 2, north + y];
      }
    }
    return best;
  };

  fringe.latLngOf = (x, y) => L.CRS.EPSG3857.pointToLatLng(L.point(x, y), fringe.bits - 8);

  fringe.goTo = async function (layer, row) {
    const place = fringe.placeOf(layer, row), b = layer.data.boxes;
    if (!place) return;
    if (!layer.visible) fringe.show(layer, true);
    const corners = [fringe.latLngOf(b[4 * row], b[4 * row + 1]), fringe.latLngOf(b[4 * row + 2], b[4 * row + 3])];
    fringe.map.fitBounds(corners, { animate: false, padding: [ROOM, ROOM], maxZoom: MOST_ZOOM });
    await fringe.open({ layer, row }, fringe.latLngOf(place[0], place[1]));
  };

  /* The layers one can look up: those with popups; of two compared, the first. */
  fringe.readable = () => fringe.layers.filter((layer) => layer.popup && !layer.twin_of);
})(window.fringe);
