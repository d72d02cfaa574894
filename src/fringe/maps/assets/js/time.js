/* Time: one slider for all layers that change from day to day. A layer keeps the symbols of its rows on one day and steps from
   there to another, over the rows that change in between. fringe.time: days, at, playing, go(number), play(), pause(),
   shown(): a promise that the day is on the map. The map fires "daychange" when its layers have stepped. */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);
  // A season plays in about twenty seconds; no step is too quick to be read, or so slow that one waits.
  const SEASON_MS = 20000, LEAST_MS = 380, MOST_MS = 900, CALM_MS = 1500;
  const THUMB = 20, LABEL_PX = 62;
  const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 };

  /* What a layer is on each of its days; -1 is before the first. */
  fringe.clock = function (layer, block) {
    const counts = block.ints("counts"), rows = Int32Array.from(block.ints("rows")), steps = Int16Array.from(block.ints("steps"));
    const starts = new Int32Array(counts.length + 1), last = counts.length - 1, { blank, column, words, places } = layer.times;
    for (let day = 0; day <= last; day++) {
      starts[day + 1] = starts[day] + counts[day];
      for (let i = starts[day], row = 0; i < starts[day + 1]; i++) rows[i] = row += rows[i];
    }
    let at = last, told = null, values = null;
    const tell = () => {
      if (!told) return;
      if (words) for (let row = 0; row < layer.n; row++) told.codes[row] = words[layer.codes[row]] === null ? -1 : layer.codes[row];
      else {
        for (let row = 0; row < layer.n; row++) {
          told.numbers[row] = at < 0 ? fringe.MISSING : values.numbers[row * counts.length + at];
          if (told.also) told.also[row] = at < 0 ? fringe.MISSING : values.also[row * counts.length + at];
        }
      }
    };
    return {
      /* Steps to a day of the map. */
      go: (day) => {
        const to = places[day];
        while (at < to) for (let i = starts[++at]; i < starts[at + 1]; i++) layer.codes[rows[i]] += steps[i];
        for (; at > to; at--) for (let i = starts[at]; i < starts[at + 1]; i++) layer.codes[rows[i]] -= steps[i];
        tell();
        layer.recount();
      },
      /* Puts a column that follows the days among the others. */
      read: async (columns) => {
        if (column < 0) return;
        if (!words) values = fringe.columns(await fringe.unpack(layer.blocks[3]), layer.times.values)[0];
        // Numbers too great for a page are words.
        if (values && values.codes) {
          const all = values;
          told = columns[column] = Object.assign({}, all, { numbers: new Int32Array(layer.n), also: null });
          values = { numbers: all.codes };
          told.codes = told.numbers;
        } else if (words) told = columns[column] = Object.assign({}, columns[column], { rules: undefined, codes: new Int32Array(layer.n), words: { length: words.length, at: (code) => words[code] } });
        else told = columns[column] = Object.assign({}, values, { numbers: new Int32Array(layer.n), also: values.also && new Int32Array(layer.n) });
        tell();
      },
      blank,
    };
  };

  function icon(button) {
    const shape = fringe.svg("path", {}, fringe.svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, button));
    return (to) => shape.setAttribute("d", to);
  }

  const PLAY = "M5.5 3.2v13.6L16.8 10Z", PAUSE = "M5 3.5h3.6v13H5ZM11.4 3.5H15v13h-3.6Z";

  /* The slider with its button and date; it stands below the map. */
  fringe.timeBar = function (days) {
    const words = fringe.words, last = days.length - 1, places = placesOf(days), bar = element("section", "fringe-time");
    bar.setAttribute("aria-label", words.time);
    const button = element("button", "fringe-play", null, bar), draw = icon(button);
    button.type = "button";
    const date = element("output", "fringe-day", days[last], bar), rail = element("div", "fringe-rail", null, bar);
    const input = element("input", null, null, rail);
    // The slider runs over the days of the calendar and rests on those of the map.
    Object.assign(input, { type: "range", min: 0, max: places[last] || 1, step: 1, value: places[last] });
    input.setAttribute("aria-label", words.time);
    date.setAttribute("aria-hidden", "true");
    ticks(rail, days, places);
    let running = null, following = null, painted = last;

    const time = (fringe.time = { days, at: last, playing: false, go, play, pause, shown: () => following || Promise.resolve() });
    document.documentElement.classList.add("fringe-timed");

    function go(number) {
      time.at = Math.max(0, Math.min(last, number));
      say();
      following = following || follow();
      return following;
    }

    function say() {
      const text = days[time.at];
      input.value = places[time.at];
      input.style.setProperty("--past", last ? places[time.at] / places[last] : 1);
      input.setAttribute("aria-valuetext", fringe.fill(words.time_of, { date: text, n: time.at + 1, all: days.length }));
      date.textContent = text;
      const title = document.querySelector(".fringe-date") || dateInTitle();
      if (title) title.textContent = fringe.fill(words.data_date, { date: text });
    }

    /* The map follows the slider as fast as it can paint: a picture half of one day and half of another is never seen. */
    async function follow() {
      await fringe.ready;
      while (painted !== time.at) {
        turn();
        fringe.redraw();
        await fringe.settled();
      }
      following = null;
    }

    function turn() {
      painted = time.at;
      for (const layer of fringe.layers) if (layer.clock) layer.clock.go(painted);
      fringe.refilter();
      fringe.renewPopup();
      fringe.map.fire("daychange");
    }

    function play() {
      if (time.playing || !last) return;
      time.playing = true;
      label();
      if (time.at === last) go(0);
      const mine = (running = {}), calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      const pace = calm ? CALM_MS : Math.max(LEAST_MS, Math.min(MOST_MS, SEASON_MS / days.length));
      (async () => {
        for (;;) {
          await Promise.all([new Promise((resolve) => setTimeout(resolve, pace)), time.shown()]);
          if (running !== mine) return;
          if (time.at < last) go(time.at + 1);
          if (time.at === last) return pause();
        }
      })();
    }

    function pause() {
      running = null;
      time.playing = false;
      label();
    }

    function label() {
      draw(time.playing ? PAUSE : PLAY);
      button.title = time.playing ? words.time_pause : words.time_play;
      button.setAttribute("aria-label", button.title);
    }

    button.addEventListener("click", () => (time.playing ? pause() : play()));
    input.addEventListener("input", () => {
      pause();
      go(nearest(places, Number(input.value)));
    });
    bar.addEventListener("keydown", (event) => {
      const to = event.key === "Home" ? 0 : event.key === "End" ? last : event.key in KEYS ? time.at + KEYS[event.key] : null;
      if (to !== null) {
        pause();
        go(to);
      } else if (event.key !== " " || event.target === button) return;
      else if (time.playing) pause();
      else play();
      event.preventDefault();
    });
    // Paper shows the day of the slider, painted or not.
    window.addEventListener("beforeprint", () => {
      pause();
      if (painted !== time.at) turn();
    });
    label();
    queueMicrotask(say);
    return bar;
  };

  /* A map without a date of its own gets one. */
  function dateInTitle() {
    const facts = document.querySelector(".fringe-facts");
    if (!facts) return null;
    const made = element("span", "fringe-date");
    facts.prepend(made);
    return made;
  }

  /* Days since the first. */
  const placesOf = (days) => days.map((day) => Math.round((Date.parse(day) - Date.parse(days[0])) / 864e5));

  const nearest = (places, at) => places.reduce((best, place, i) => (Math.abs(place - at) < Math.abs(places[best] - at) ? i : best), 0);

  /* A mark for each day, a taller one with its name where a month begins. */
  function ticks(rail, days, places) {
    const scale = element("div", "fringe-ticks", null, rail), span = Math.max(1, places[places.length - 1]);
    scale.setAttribute("aria-hidden", "true");
    const months = [];
    days.forEach((day, i) => {
      const fresh = !i || day.slice(0, 7) !== days[i - 1].slice(0, 7), mark = element("span", fresh ? "fringe-month" : null, null, scale);
      mark.style.left = "calc(" + THUMB / 2 + "px + (100% - " + THUMB + "px) * " + places[i] / span + ")";
      if (fresh) months.push([places[i] / span, element("span", null, day.slice(0, 7), mark)]);
    });
    new ResizeObserver(() => {
      let free = -Infinity;
      for (const [share, name] of months) {
        const room = scale.clientWidth - THUMB, x = share * room, edge = x > scale.clientWidth - LABEL_PX, from = edge ? x - LABEL_PX + 8 : x;
        // A month that begins near the end stands left of its mark.
        name.classList.toggle("fringe-edge-month", edge);
        name.hidden = from < free;
        if (from >= free) free = from + LABEL_PX;
      }
      scale.classList.toggle("fringe-dense", scale.clientWidth / days.length < 5);
    }).observe(scale);
  }
})(window.fringe);
