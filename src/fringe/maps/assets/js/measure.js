/* Measuring on the map: length along a line, and the area it encloses, on the WGS 84 ellipsoid. Lengths by Lambert's formula for long
   lines (to 1e-5), areas on the sphere of equal area (authalic), its sides great circles. Places are [latitude, longitude] in degrees. */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);
  const A = 6378137, F = 1 / 298.257223563, E2 = F * (2 - F), E = Math.sqrt(E2), RAD = Math.PI / 180, M2_PER_MU = 2000 / 3;

  function distance([lat1, lon1], [lat2, lon2]) {
    const b1 = Math.atan((1 - F) * Math.tan(lat1 * RAD)), b2 = Math.atan((1 - F) * Math.tan(lat2 * RAD));
    const h = Math.sin((b2 - b1) / 2) ** 2 + Math.cos(b1) * Math.cos(b2) * Math.sin(((lon2 - lon1) * RAD) / 2) ** 2;
    const s = 2 * Math.asin(Math.min(1, Math.sqrt(h)));
    if (!s) return 0;
    const p = (b1 + b2) / 2, q = (b2 - b1) / 2;
    const x = (s - Math.sin(s)) * ((Math.sin(p) * Math.cos(q)) / Math.cos(s / 2)) ** 2, y = (s + Math.sin(s)) * ((Math.cos(p) * Math.sin(q)) / Math.sin(s / 2)) ** 2;
    return A * (s - (F / 2) * (x + y));
  }

  fringe.lengthOf = (places) => places.slice(1).reduce((sum, place, i) => sum + distance(places[i], place), 0);

  const q = (sine) => (1 - E2) * (sine / (1 - E2 * sine * sine) - Math.log((1 - E * sine) / (1 + E * sine)) / (2 * E));

  fringe.areaOf = function (places) {
    const pole = q(1), half = places.map(([lat]) => Math.tan(Math.asin(Math.max(-1, Math.min(1, q(Math.sin(lat * RAD)) / pole))) / 2));
    let excess = 0;
    places.forEach(([, lon], i) => {
      const j = (i + 1) % places.length, turn = Math.tan(((places[j][1] - lon) * RAD) / 2);
      excess += 2 * Math.atan2(turn * (half[i] + half[j]), 1 + half[i] * half[j]);
    });
    return (Math.abs(excess) * A * A * pole) / 2;
  };

  /* Whether sides of a ring cross: then it has no one area. */
  fringe.crosses = function (places) {
    const n = places.length, side = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    for (let i = 0; i < n; i++) {
      for (let j = i + 2; j < n; j++) {
        if (i === 0 && j === n - 1) continue;
        const [a, b, c, d] = [places[i], places[i + 1], places[j], places[(j + 1) % n]];
        if (side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) return true;
      }
    }
    return false;
  };

  const number = (value, decimals) => value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

  /* What is said of a line: [label, text] pairs. */
  fringe.measures = function (places) {
    const words = fringe.words, length = fringe.lengthOf(places), said = [];
    const metres = (m) => number(m, m < 100 ? 1 : 0) + " " + words.unit_m + (m >= 1000 ? " = " + number(m / 1000, 2) + " " + words.unit_km : "");
    said.push([words.measure_length, metres(length)]);
    if (places.length < 3) return said;
    said.push([words.measure_around, metres(length + distance(places[places.length - 1], places[0]))]);
    if (fringe.crosses(places)) return [...said, [words.measure_area, words.measure_crossed]];
    const area = fringe.areaOf(places);
    said.push([words.measure_area, number(area, area < 1000 ? 1 : 0) + " " + words.unit_m2], ["", number(area / M2_PER_MU, 2) + " " + words.unit_mu], ["", number(area / 10000, area < 1e6 ? 3 : 2) + " " + words.unit_ha]);
    return said;
  };

  fringe.measureTool = function () {
    const words = fringe.words;
    let places = [], drawn = null, body, buttons, map;
    const renew = () => {
      if (drawn) drawn.remove();
      drawn = null;
      fringe.refill(body);
      for (const [label, text] of places.length > 1 ? fringe.measures(places) : []) {
        const line = element("tr", null, null, body);
        element("th", null, label, line).scope = "row";
        element("td", null, text, line);
      }
      buttons.forEach((button) => (button.disabled = !places.length));
      if (!places.length || !fringe.measuring) return;
      const ink = { color: "#a63c2b", weight: 2.5, interactive: false };
      drawn = L.featureGroup([
        ...(places.length > 2 ? [L.polygon(places, { stroke: false, fillColor: "#a63c2b", fillOpacity: 0.12, interactive: false })] : []),
        L.polyline(places, Object.assign({}, ink, { color: "#ffffff", weight: 5 })), L.polyline(places, ink),
        ...(places.length > 2 ? [L.polyline([places[places.length - 1], places[0]], Object.assign({ dashArray: "4 5" }, ink, { weight: 1.5 }))] : []),
        ...places.map((place) => L.circleMarker(place, { radius: 4, color: "#a63c2b", weight: 2, fillColor: "#ffffff", fillOpacity: 1, interactive: false })),
      ]).addTo(map);
    };
    const add = (latlng) => {
      places.push([latlng.lat, latlng.lng]);
      renew();
    };
    const back = () => {
      places.pop();
      renew();
    };
    const clear = () => {
      places = [];
      renew();
    };
    return {
      fill: (box) => {
        map = fringe.map;
        element("p", "fringe-said", words.measure_how, box);
        // What is shifted is a few thousandths longer or shorter.
        for (const stamp of fringe.page.stamps) element("p", "fringe-said", stamp, box);
        const table = element("table", null, null, box);
        table.setAttribute("role", "status");
        body = element("tbody", null, null, table);
        const foot = element("div", "fringe-fly-foot", null, box);
        fringe.button(foot, null, words.measure_centre_says, () => add(map.getCenter()), words.measure_centre);
        buttons = [fringe.button(foot, null, null, back, words.measure_back), fringe.button(foot, null, null, clear, words.measure_clear)];
        map.on("click", (event) => fringe.measuring && add(event.latlng));
        map.getContainer().addEventListener("keydown", (event) => {
          if (!fringe.measuring || event.target !== map.getContainer()) return;
          if (event.key === "Enter") add(map.getCenter());
          else if (event.key === "Backspace") back();
          else if (event.key === "Escape") fringe.tools.measure.close();
        });
      },
      shown: () => {
        map.closePopup();
        map.doubleClickZoom.disable();
        fringe.measuring = true;
        document.documentElement.classList.add("fringe-measuring");
        renew();
        map.getContainer().focus({ preventScroll: true });
      },
      hidden: () => {
        map.doubleClickZoom.enable();
        fringe.measuring = false;
        document.documentElement.classList.remove("fringe-measuring");
        renew();
      },
    };
  };
})(window.fringe);
