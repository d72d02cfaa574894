/* The title block and what stands on the map: zoom, north arrow, scale, sources. */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);

  fringe.titleBlock = function (page) {
    const head = element("header", "fringe-title");
    const names = element("div", "fringe-names", null, head);
    element("h1", null, page.title, names);
    const under = [page.subtitle, page.organisation].filter(Boolean);
    if (under.length) {
      const line = element("p", null, null, names);
      under.forEach((text) => element("span", null, text, line));
    }
    const facts = element("p", "fringe-facts", null, head);
    if (page.date) element("span", "fringe-date", page.date, facts);
    for (const text of page.stamps) element("span", "fringe-stamp", text, facts);
    element("span", page.reviewed ? "fringe-review" : "fringe-review fringe-internal", page.review, facts);
    return head;
  };

  function control(position, name, fill) {
    const Made = L.Control.extend({
      options: { position },
      onAdd: function (map) {
        const box = element("div", "fringe-control " + name);
        L.DomEvent.disableClickPropagation(box);
        L.DomEvent.disableScrollPropagation(box);
        fill(box, map);
        return box;
      },
    });
    return new Made();
  }

  const button = (box, name, sign, says, act) => fringe.button(box, name, says, act).append(sign);

  function northArrow(box) {
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", fringe.words.north_says);
    const svg = fringe.svg("svg", { viewBox: "0 0 32 50", "aria-hidden": "true" }, box), draw = (tag, attributes, text) => fringe.svg(tag, attributes, svg, text);
    draw("text", { x: 16, y: 13, "text-anchor": "middle", "font-size": 13, "font-weight": 700, fill: "#1f2a33" }, fringe.words.north);
    draw("path", { d: "M16 17 26 47 16 40.5Z", fill: "#ffffff", stroke: "#1f2a33", "stroke-width": 1.1, "stroke-linejoin": "round" });
    draw("path", { d: "M16 17 6 47 16 40.5Z", fill: "#1f2a33", stroke: "#1f2a33", "stroke-width": 1.1, "stroke-linejoin": "round" });
  }

  const MAX_SCALE_PX = 130;

  /* A bar of two halves, as on paper; its length is true at the middle of the map. */
  function scaleBar(box, map) {
    box.setAttribute("role", "img");
    const text = element("span", null, "", box), bar = element("span", "fringe-bar", null, box);
    element("span", null, null, bar);
    element("span", null, null, bar);
    const update = () => {
      const y = map.getSize().y / 2;
      const metres = map.distance(map.containerPointToLatLng([0, y]), map.containerPointToLatLng([MAX_SCALE_PX, y]));
      if (!(metres > 0)) return;
      const power = Math.pow(10, Math.floor(Math.log10(metres))), round = power * [5, 2, 1].find((step) => step * power <= metres);
      text.textContent = round >= 1000 ? fringe.fill(fringe.words.scale_km, { n: round / 1000 }) : fringe.fill(fringe.words.scale_m, { n: round });
      bar.style.width = Math.round((MAX_SCALE_PX * round) / metres) + "px";
      box.setAttribute("aria-label", fringe.words.scale + " " + text.textContent);
    };
    map.on("moveend zoomend resize", update);
    map.whenReady(update);
  }

  fringe.addControls = function (map, page) {
    const words = fringe.words;
    control("topleft", "fringe-zoom", (box) => {
      button(box, "fringe-zoom-in", "+", words.zoom_in, () => map.zoomIn());
      button(box, "fringe-zoom-out", "−", words.zoom_out, () => map.zoomOut());
      button(box, "fringe-fit", "⤢", words.fit, () => fringe.fit(true));
    }).addTo(map);
    control("topright", "fringe-north", northArrow).addTo(map);
    control("bottomleft", "fringe-scale", scaleBar).addTo(map);
    if (page.attribution || page.notes.length) {
      control("bottomright", "fringe-sources", (box) => {
        box.setAttribute("aria-label", words.sources);
        for (const text of [page.attribution, ...page.notes]) if (text) element("span", null, text, box);
        for (const text of page.grounds) element("span", "fringe-grounds", text, box);
        // The legend's button stands above them.
        new ResizeObserver(() => document.documentElement.style.setProperty("--sources-height", box.offsetHeight + 10 + "px")).observe(box);
      }).addTo(map);
    }
  };

  /* The boxes of what lies on the map, in its pixels: no label goes under them. */
  fringe.obstacles = function (map) {
    const frame = (map || fringe.map).getContainer().getBoundingClientRect();
    const boxes = [...document.querySelectorAll(".fringe-control, .leaflet-control, .fringe-side-name, .fringe-grip, .fringe-open, .fringe-fly")].map((item) => item.getBoundingClientRect());
    return boxes.filter((box) => box.width && box.height).map((box) => ({ x: box.left - frame.left - 3, y: box.top - frame.top - 3, w: box.width + 6, h: box.height + 6 }));
  };
})(window.fringe);
