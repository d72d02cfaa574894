/* Popups: a table of labelled values. Every text goes in by textContent. */
(function (fringe) {
  "use strict";

  const MAX_OTHERS = 5;
  // Longer tables stand in two columns where the map is wide enough, so that the map need not move far.
  const LONG = 9, WIDE_MAP = 760, WIDE = 440, NARROW = 500;

  let asked = null;

  fringe.element = function (tag, name, text, parent) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined && text !== null) made.textContent = text;
    if (parent) parent.appendChild(made);
    return made;
  };

  function content(hit, others, latlng) {
    const { layer, row } = hit, box = fringe.element("div", "fringe-popup");
    fringe.element("p", "fringe-popup-layer", layer.what, box);
    fringe.element("h2", null, layer.title(row), box);
    const body = fringe.element("tbody", null, null, fringe.element("table", null, null, box));
    for (let column = 0; column < layer.popup; column++) {
      const text = layer.text(row, column);
      // The heading says it already; an empty cell says nothing.
      if (column === layer.label || text === "–") continue;
      const line = fringe.element("tr", column === layer.value ? "fringe-key" : null, null, body);
      fringe.element("th", null, layer.heads[column].label, line).scope = "row";
      fringe.element("td", null, text, line).dataset.column = layer.heads[column].name;
    }
    if (fringe.addExtras) fringe.addExtras(box, layer, row);
    if (others.length) {
      const list = fringe.element("div", "fringe-popup-others", null, box);
      fringe.element("span", null, fringe.words.also_here, list);
      for (const other of others.slice(0, MAX_OTHERS)) {
        const button = fringe.element("button", null, other.layer.title(other.row), list);
        button.type = "button";
        button.title = other.layer.what;
        button.addEventListener("click", () => fringe.open(other, latlng, asked && asked.map));
      }
    }
    return box;
  }

  /* Opens the popup of a feature {layer, row} at a place; what else is there is offered below. */
  fringe.open = async function (hit, latlng, map) {
    map = map || fringe.mapOf(hit.layer);
    const others = fringe.featuresAt(latlng, fringe.sideOf(map)).filter((other) => other.layer !== hit.layer || other.row !== hit.row);
    await Promise.all([fringe.readExtras && fringe.readExtras(hit.layer), ...[hit, ...others.slice(0, MAX_OTHERS)].map((one) => one.layer.read())]);
    const size = map.getSize(), narrow = size.x < NARROW, filled = content(hit, others, latlng);
    const wide = size.x >= WIDE_MAP && filled.querySelectorAll("tr").length > LONG;
    filled.classList.toggle("fringe-wide", wide);
    const popup = L.popup({
      maxWidth: wide ? WIDE : narrow ? 260 : 320, minWidth: wide ? WIDE : filled.querySelector("figure") ? 260 : 200,
      maxHeight: Math.max(160, Math.round(size.y * (narrow ? 0.45 : 0.72))),
      // Clear of the buttons at the left, which a phone hides meanwhile.
      autoPanPaddingTopLeft: [narrow ? 10 : 60, 12], autoPanPaddingBottomRight: [narrow ? 10 : 60, 12],
    });
    popup.setLatLng(latlng).setContent(filled).openOn(map);
    asked = { popup, latlng, map };
    document.documentElement.classList.add("fringe-asked");
    const close = popup.getElement().querySelector(".leaflet-popup-close-button");
    close.setAttribute("aria-label", fringe.words.close);
    fringe.selected = hit;
    fringe.highlightCanvas.redraw();
    fringe.map.fire("featureopen");
  };

  /* Says anew what the open popup says, where figures have changed under it; it closes if its feature is gone. */
  fringe.renewPopup = function () {
    const hit = fringe.selected;
    if (fringe.hovered && !fringe.hovered.layer.there(fringe.hovered.row)) fringe.hovered = null;
    if (!hit || !asked) return;
    if (!hit.layer.there(hit.row)) {
      asked.map.closePopup(asked.popup);
      return;
    }
    const others = fringe.featuresAt(asked.latlng, fringe.sideOf(asked.map)).filter((other) => other.layer !== hit.layer || other.row !== hit.row);
    if (others.slice(0, MAX_OTHERS).some((other) => !other.layer.columns)) return;
    const filled = content(hit, others, asked.latlng), old = asked.popup.getContent();
    filled.classList.toggle("fringe-wide", old.classList.contains("fringe-wide"));
    // The popup and its focus stay where they are.
    old.replaceChildren(...filled.childNodes);
  };

  fringe.listen = function (map) {
    map.on("click", (event) => {
      if (fringe.measuring) return;
      const found = fringe.featuresAt(event.latlng, fringe.sideOf(map));
      if (found.length) fringe.open(found[0], event.latlng, map);
    });
    map.on("popupclose", () => {
      document.documentElement.classList.remove("fringe-asked");
      fringe.selected = null;
      fringe.highlightCanvas.redraw();
    });
    let waiting = null;
    map.on("mousemove", (event) => {
      if (waiting === null) requestAnimationFrame(() => hover(map, waiting));
      waiting = event.latlng;
    });
    map.on("mouseout movestart", () => hover(map, null));
    map.getContainer().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== map.getContainer() || fringe.measuring) return;
      const found = fringe.featuresAt(map.getCenter(), fringe.sideOf(map));
      if (found.length) fringe.open(found[0], map.getCenter(), map);
    });

    function hover(_, latlng) {
      waiting = null;
      const found = latlng && !fringe.measuring ? fringe.featuresAt(latlng, fringe.sideOf(map))[0] || null : null, old = fringe.hovered;
      if (found === old || (found && old && found.layer === old.layer && found.row === old.row)) return;
      fringe.hovered = found;
      map.getContainer().style.cursor = found ? "pointer" : "";
      fringe.highlightCanvas.redraw();
    }
  };
})(window.fringe);
