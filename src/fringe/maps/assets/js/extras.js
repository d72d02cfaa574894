/* What popups show besides their table: curves over time and photographs, fetched when a feature of their layer is asked for. */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);
  const INKS = ["#6b7680", "#1f6a3c", "#a63c2b", "#2d6a8e"];
  const WIDTH = 288, HEIGHT = 118, LEFT = 36, RIGHT = 8, TOP = 8, FOOT = 18;

  const blockOf = (layer, name) => layer.blocks.find((block) => block.endsWith("-" + name));

  /* Fetches them, once. */
  fringe.readExtras = function (layer) {
    layer.extras = layer.extras || Promise.all(["curves", "photos"].map((name) => blockOf(layer, name) && fringe.unpack(blockOf(layer, name)))).then(([curves, photos]) => {
      const of = new Map();
      if (curves) {
        const columns = fringe.columns(curves, curves.facts.columns);
        curves.ints("rows").forEach((row, at) => of.set(row, at));
        layer.curves = { of, columns, days: curves.facts.days };
      }
      if (photos) {
        const bytes = photos.bytes("photos"), lengths = photos.ints("photos.lengths"), names = fringe.texts(photos, "names");
        layer.photos = new Map();
        let from = 0;
        photos.ints("rows").forEach((row, i) => {
          const url = URL.createObjectURL(new Blob([bytes.subarray(from, (from += lengths[i]))], { type: "image/jpeg" }));
          layer.photos.set(row, [...(layer.photos.get(row) || []), { url, name: names.at(i), size: photos.facts.sizes[i] }]);
        });
      }
    });
    return layer.extras;
  };

  fringe.addExtras = function (box, layer, row) {
    const curves = layer.curves && layer.curves.of.has(row) && curveOf(layer, row);
    if (curves) box.appendChild(curves);
    for (const { url, name, size } of (layer.photos && layer.photos.get(row)) || []) {
      const figure = element("figure", "fringe-photo", null, box), image = element("img", null, null, figure);
      image.alt = name;
      [image.width, image.height] = size;
      image.src = url;
      element("figcaption", null, name, figure);
    }
  };

  /* The least of 1, 2, 2.5, 5, 10, 20, … that is not below a number. */
  fringe.roundUp = function (number) {
    const power = Math.pow(10, Math.floor(Math.log10(number)));
    return power * [1, 2, 2.5, 5, 10].find((part) => part * power >= number * (1 - 1e-9));
  };

  /* A line for each column over the days; columns of plans are dashed. */
  function curveOf(layer, row) {
    const { of, columns, days } = layer.curves, from = of.get(row) * days.length, times = days.map((day) => Date.parse(day));
    const series = columns.map((column, i) => ({
      column, dashed: /^(planned|pv|plan)/.test(column.name), ink: INKS[i % INKS.length],
      points: times.map((time, d) => [time, column.numbers[from + d], from + d]).filter(([, value]) => value !== fringe.MISSING),
    })).filter((one) => one.points.length);
    if (!series.length) return null;
    const values = series.flatMap((one) => one.points.map(([, value]) => value)), step = fringe.roundUp(Math.max(1, ...values) / 2), most = 2 * step;
    const least = -step * Math.ceil(Math.max(0, -Math.min(...values)) / step);
    const span = times[times.length - 1] - times[0] || 1, x = (time) => LEFT + ((time - times[0]) / span) * (WIDTH - LEFT - RIGHT), y = (value) => HEIGHT - FOOT - ((value - least) / (most - least)) * (HEIGHT - FOOT - TOP);
    const figure = element("figure", "fringe-curve"), svg = fringe.svg("svg", { viewBox: [0, 0, WIDTH, HEIGHT].join(" "), role: "img" }, figure), rule = series[0].column.rules[0];
    for (const value of [least, (least + most) / 2, most]) {
      fringe.svg("path", { d: `M${LEFT} ${y(value)}H${WIDTH - RIGHT}`, class: "fringe-grid" }, svg);
      fringe.svg("text", { x: LEFT - 5, y: y(value) + 3.5, "text-anchor": "end" }, svg, fringe.digits(Math.round(value), Object.assign({}, rule, { plain: true, signed: false })));
    }
    fringe.svg("text", { x: LEFT, y: HEIGHT - 4 }, svg, days[0]);
    if (days.length > 1) fringe.svg("text", { x: WIDTH - RIGHT, y: HEIGHT - 4, "text-anchor": "end" }, svg, days[days.length - 1]);
    // Plans go on: what they say counts on the day up to which figures are known.
    const known = series.filter((one) => !one.dashed), latest = known.length ? Math.max(...known.map((one) => one.points[one.points.length - 1][0])) : Infinity;
    // On a day of the slider they say what was known on it.
    const until = fringe.time ? Math.min(latest, Date.parse(fringe.time.days[fringe.time.at])) : latest;
    const said = [], key = element("figcaption", null, null, figure);
    for (const { column, dashed, ink, points } of series) {
      const [time, value, at] = points.filter(([when]) => when <= until).pop() || [until, null, null], text = column.label + " " + (at === null ? "–" : fringe.text(column, at));
      fringe.svg("path", { d: "M" + points.map(([when, height]) => x(when).toFixed(1) + " " + y(height).toFixed(1)).join("L"), fill: "none", stroke: ink, "stroke-width": dashed ? 1.6 : 2.4, "stroke-dasharray": dashed ? "5 4" : "none", "stroke-linejoin": "round" }, svg);
      if (!dashed && at !== null) fringe.svg("circle", { cx: x(time), cy: y(value), r: 3.2, fill: ink }, svg);
      const entry = element("span", dashed ? "fringe-dashed" : null, text, key);
      entry.style.borderColor = ink;
      said.push(text + " (" + new Date(time).toISOString().slice(0, 10) + ")");
    }
    if (known.length) element("span", "fringe-until", new Date(until).toISOString().slice(0, 10), key);
    svg.setAttribute("aria-label", said.join(fringe.words.semicolon));
    return figure;
  }
})(window.fringe);
