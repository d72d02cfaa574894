/* What lies under the features: pictures and tiles that stand in the page, and online tiles once somebody has asked for them.
   fringe.underlay is the canvas tiles they are painted on: tiles (one for each map and side), whole(), settled(), addTo(). */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);
  // Decoded tiles kept, and how long tiles that arrive together wait for each other.
  const MOST_KEPT = 400, TOGETHER_MS = 80;
  const PATIENCE_MS = 8000;
  // Tiles that fail in a row before a provider counts as out of reach.
  const FAILS = 4;
  // Zooms beyond the wanted one whose tiles stand in for it, as on paper, which waits for none.
  const FINER = 2;

  const whole = (image) => [0, 0, image.naturalWidth || image.width, image.naturalHeight || image.height];

  /* A picture: one image in a box. */
  class Picture {
    async load() {
      const block = await fringe.unpack(this.id);
      this.image = await createImageBitmap(new Blob([block.bytes("picture")], { type: this.type })).catch(() => null);
    }

    *draw(c, view) {
      if (!this.image) return;
      const [west, north, east, south] = this.box;
      lay(c, this.image, west, north, east, south, view);
      yield;
    }
  }

  /* Images of tiles by their place, brought when they are first wanted; those out of sight longest go first. */
  class Tiled {
    constructor() {
      this.images = new Map();
      this.pending = 0;
    }

    /* The zoom whose pixels come nearest those of the screen. */
    zoomOf(view) {
      const fine = Math.log2(view.scale) - Math.log2((this.tile_px || 256) / 256);
      return Math.max(this.least || 0, Math.min(this.most, Math.round(view.zoom + (this.online ? 0 : fine))));
    }

    *draw(c, view) {
      const z = this.zoomOf(view), unit = Math.pow(2, fringe.bits - z), last = Math.pow(2, z) - 1, within = (at) => Math.max(0, Math.min(last, Math.floor(at / unit)));
      for (let y = within(view.north); y <= within(view.south); y++) {
        for (let x = within(view.west); x <= within(view.east); x++) this.place(c, view, z, x, y, unit);
        yield;
      }
    }

    /* Lays a tile, or the part of a coarser one that covers its place, or what finer ones there are. */
    place(c, view, z, x, y, unit) {
      for (let up = 0; z - up >= (this.least || 0); up++) {
        const images = this.get(z - up, x >> up, y >> up, up > 0);
        if (!images) continue;
        for (const image of images) {
          const part = whole(image)[2] / Math.pow(2, up), mask = Math.pow(2, up) - 1;
          lay(c, image, x * unit, y * unit, (x + 1) * unit, (y + 1) * unit, view, [(x & mask) * part, (y & mask) * part, part, part]);
        }
        return;
      }
      this.finer(c, view, z + 1, 2 * x, 2 * y, unit / 2, FINER);
    }

    finer(c, view, z, x, y, unit, deep) {
      for (const [col, row] of [[x, y], [x + 1, y], [x, y + 1], [x + 1, y + 1]]) {
        const images = this.images.get(z + "/" + col + "/" + row);
        if (images && images.length) for (const image of images) lay(c, image, col * unit, row * unit, (col + 1) * unit, (row + 1) * unit, view, whole(image));
        else if (deep > 1) this.finer(c, view, z + 1, 2 * col, 2 * row, unit / 2, deep - 1);
      }
    }

    /* The images of a tile if they are there, asking for them if not; `only` those that are there already or stand in the page. */
    get(z, x, y, only) {
      const key = z + "/" + x + "/" + y, kept = this.images.get(key);
      if (kept) {
        this.images.delete(key);
        this.images.set(key, kept);
        return kept.length ? kept : null;
      }
      if (kept === undefined && this.has(key) && !(only && this.online)) {
        this.images.set(key, null);
        this.pending++;
        this.bring(key, z, x, y).then((found) => {
          this.images.set(key, found);
          for (const old of [...this.images.keys()].slice(0, Math.max(0, this.images.size - MOST_KEPT))) this.images.delete(old);
          this.pending--;
          arrived();
        });
      }
      return null;
    }
  }

  /* Tiles that stand in the page. */
  class Embedded extends Tiled {
    async load() {
      const block = await fringe.unpack(this.id), [z, x, y, at, lengths] = ["z", "x", "y", "at", "tiles.lengths"].map((name) => block.ints(name));
      this.bytes = block.bytes("tiles");
      this.starts = new Int32Array(lengths.length + 1);
      for (let i = 0; i < lengths.length; i++) this.starts[i + 1] = this.starts[i] + lengths[i];
      this.at = new Map();
      for (let i = 0; i < z.length; i++) this.at.set(z[i] + "/" + x[i] + "/" + y[i], at[i]);
    }

    has(key) {
      return Boolean(this.at) && this.at.has(key);
    }

    bring(key) {
      const at = this.at.get(key), data = this.bytes.subarray(this.starts[at], this.starts[at + 1]);
      // A damaged tile is a gap.
      return createImageBitmap(new Blob([data], { type: this.type })).then((image) => [image], () => []);
    }
  }

  /* Tiles of a provider: nothing is asked without a network, a key where one is needed, and a reader who sees the layer. */
  class Online extends Tiled {
    constructor() {
      super();
      this.online = true;
      this.failed = this.come = 0;
    }

    load() {
      this.key = this.key || (this.asks && new URLSearchParams(location.hash.slice(1)).get("tk")) || "";
      window.addEventListener("online", () => this.again());
      window.addEventListener("offline", () => this.update());
    }

    /* What keeps the tiles away: the key of a sentence. */
    hindrance() {
      if (this.asks && !this.key) return "basemap_key_says";
      if (!navigator.onLine && !this.come) return "basemap_unreachable";
      return this.failed >= FAILS ? "basemap_refused" : "";
    }

    has() {
      return this.visible && navigator.onLine && !(this.asks && !this.key) && this.failed < FAILS;
    }

    bring(key, z, x, y) {
      const parts = { z, x, y, s: this.parts.length ? this.parts[(x + y) % this.parts.length] : "", key: encodeURIComponent(this.key) };
      return Promise.all(this.urls.map((url) => one(fringe.fill(url, parts)))).then((images) => {
        const found = images.filter(Boolean);
        if (found.length) {
          this.failed = 0;
          this.come++;
        } else if (!this.come) this.failed++;
        if (this.come < 2 || this.failed) this.update();
        return found;
      });
    }

    /* Tries anew, as after a key was given. */
    again() {
      this.failed = 0;
      for (const [key, images] of this.images) if (images && !images.length) this.images.delete(key);
      this.update();
      if (fringe.underlay) fringe.underlay.redraw();
    }
  }

  function one(url) {
    return new Promise((resolve) => {
      const image = new Image();
      image.onload = () => resolve(image);
      image.onerror = () => resolve(null);
      image.src = url;
    });
  }

  /* Draws an image into a box of units; edges lie on whole device pixels, so that neighbours meet. */
  function lay(c, image, west, north, east, south, view, part) {
    const snap = (at, o) => Math.round((at * view.k - o) * view.scale) / view.scale, exact = (at, o) => at * view.k - o, place = part ? snap : exact;
    const left = place(west, view.ox), top = place(north, view.oy), width = place(east, view.ox) - left, height = place(south, view.oy) - top;
    if (left > view.width || top > view.height || left + width < 0 || top + height < 0) return;
    c.imageSmoothingQuality = "high";
    if (part) c.drawImage(image, ...part, left, top, width, height);
    else c.drawImage(image, left, top, width, height);
  }

  fringe.basemap = function (spec) {
    const made = new { picture: Picture, tiles: Embedded, online: Online }[spec.kind]();
    return Object.assign(made, spec, { visible: spec.show, update: () => {} });
  };

  /* Paints what lies under the features, a little at every step. */
  fringe.underlays = function* (c, view, side) {
    for (const one of fringe.basemaps) {
      if (!one.visible || !fringe.onSide(one, side)) continue;
      c.globalAlpha = one.opacity;
      for (const steps = one.draw(c, view); !steps.next().done; ) {
        c.globalAlpha = 1;
        yield;
        c.globalAlpha = one.opacity;
      }
      c.globalAlpha = 1;
    }
  };

  fringe.paintUnderlay = function (c, view, side) {
    for (const steps = fringe.underlays(c, view, side); !steps.next().done; );
  };

  let waiting = 0;
  function arrived() {
    waiting = waiting || setTimeout(() => {
      waiting = 0;
      if (fringe.underlay) fringe.underlay.redraw();
    }, TOGETHER_MS);
  }

  const pending = (all) => fringe.basemaps.some((one) => one.visible && one.pending && (all || !one.online));

  /* Adds panes and canvas tiles under the features of a map; `seen` is called when all that stands in the page is painted. */
  fringe.addUnderlay = function (map, suffix, side, seen) {
    const name = "fringe-basemap" + suffix, pane = map.createPane(name);
    pane.style.zIndex = 340;
    pane.style.pointerEvents = "none";
    const tiles = new fringe.Tiles(name, (c, view) => fringe.underlays(c, view, side), seen);
    const made = (fringe.underlay = fringe.underlay || {
      tiles: [],
      redraw: () => made.tiles.forEach(([tiles]) => tiles.redraw()),
      addTo: () => made.tiles.forEach(([tiles, map]) => tiles.addTo(map)),
      whole: () => !waiting && !pending() && made.tiles.every(([tiles]) => tiles.whole()),
      // A provider may never answer.
      settled: async () => {
        for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
          await Promise.all(made.tiles.map(([tiles]) => tiles.settled()));
          if (!waiting && !pending(true)) return;
          await new Promise((resolve) => setTimeout(resolve, TOGETHER_MS));
        }
      },
    });
    made.tiles.push([tiles, map]);
  };

  /* Fills are lighter while something is to be seen under them; the legend shows them as they are. */
  fringe.veil = function () {
    const through = fringe.basemaps.some((one) => one.visible && (!one.online || one.come)) || fringe.layers.some((layer) => layer.base && layer.visible);
    if (through === fringe.veiled) return false;
    fringe.veiled = through;
    for (const layer of fringe.layers) {
      layer.veil = through ? fringe.page.veils[layer.id] || 1 : 1;
      if (layer.veils) layer.veils();
    }
    return true;
  };

  /* The basemaps in the legend, below the layers. */
  fringe.basemapLegend = function (body) {
    fringe.veil();
    if (!fringe.basemaps.length) return;
    const section = element("section", null, null, body), words = fringe.words;
    element("h3", null, words.basemaps, section);
    const list = element("ul", "fringe-layers", null, section);
    for (const one of [...fringe.basemaps].reverse()) {
      const box = element("li", "fringe-layer fringe-ground", null, list), head = element("label", "fringe-layer-head", null, box), check = element("input", null, null, head);
      check.type = "checkbox";
      const name = element("span", "fringe-layer-name", one.name, head), side = fringe.page.compare && one.side && fringe.page.compare[one.side].name;
      if (side) element("span", "fringe-note", side, name);
      const says = element("p", "fringe-ground-says", null, box), asks = one.asks ? keyBox(one, box) : null;
      says.setAttribute("role", "status");
      one.update = () => {
        const hindrance = one.visible && one.hindrance ? one.hindrance() : "";
        check.checked = one.visible;
        box.classList.toggle("fringe-off", !one.visible);
        says.textContent = hindrance ? words[hindrance] : "";
        says.hidden = !hindrance;
        if (asks) asks.hidden = !one.visible || (Boolean(one.key) && hindrance !== "basemap_refused");
        box.classList.toggle("fringe-absent", absent(one));
        section.classList.toggle("fringe-absent", fringe.basemaps.every((each) => !each.visible || absent(each)));
        tell();
        if (fringe.veil() && fringe.tiles) fringe.redraw();
      };
      check.addEventListener("change", () => {
        one.visible = check.checked;
        one.update();
        if (fringe.underlay) fringe.underlay.redraw();
        if (fringe.printing) fringe.redraw();
      });
      /* Leads to where a key is given, or the hindrance told. */
      one.ask = () => {
        const panel = document.getElementById("fringe-panel");
        if (!panel.getClientRects().length) document.querySelector(".fringe-open").click();
        (asks && !asks.hidden ? asks.querySelector("input") : check).focus({ preventScroll: true });
        box.scrollIntoView({ block: "center" });
      };
      one.update();
    }
  };

  const absent = (one) => Boolean(one.online && !one.come);

  /* The box of the sources, made where there are none. */
  function sources() {
    const found = document.querySelector(".fringe-sources");
    if (found) return found;
    const box = element("div", "fringe-control fringe-sources fringe-sources-own"), made = new L.Control({ position: "bottomright" });
    box.setAttribute("aria-label", fringe.words.sources);
    L.DomEvent.disableClickPropagation(box);
    made.onAdd = () => box;
    made.addTo(fringe.map);
    new ResizeObserver(() => document.documentElement.style.setProperty("--sources-height", box.offsetHeight + 10 + "px")).observe(box);
    return box;
  }

  /* Lines with the sources: on the screen what is missing and a way to it; on paper that it is, and no credit for it. */
  let lines = null;
  function linesOf() {
    const box = sources(), credit = fringe.page.attribution ? box.firstElementChild : null, missing = element("span", "fringe-missing", null, box);
    lines = { credit, missing, says: element("span", null, null, missing), button: element("button", null, null, missing) };
    lines.button.type = "button";
    lines.credited = element("span", "fringe-on-paper", null, box);
    lines.left = element("span", "fringe-on-paper", null, box);
    box.prepend(missing);
    if (credit) credit.after(lines.credited);
    return lines;
  }

  function tell() {
    if (!fringe.map || !fringe.basemaps.some((one) => one.online)) return;
    const { words, page } = fringe, { credit, missing, says, button, credited, left } = lines || linesOf();
    const hindered = fringe.basemaps.filter((one) => one.visible && one.hindrance && one.hindrance()), first = hindered[0], before = says.textContent;
    says.textContent = first ? fringe.fill(words.basemap_missing, { name: hindered.map((one) => one.name).join(words.comma) }) : "";
    button.textContent = first ? (first.asks ? words.basemap_key_give : words.basemap_why) : "";
    button.onclick = first ? first.ask : null;
    missing.hidden = !first;
    const gone = fringe.basemaps.filter(absent), named = page.sources.filter(([, id]) => !gone.some((one) => one.id === id)).map(([text]) => text), text = [...new Set(named)].join(words.semicolon);
    const other = text !== page.attribution;
    if (credit) credit.classList.toggle("fringe-on-screen", other);
    credited.textContent = other ? text : "";
    left.textContent = gone.filter((one) => one.visible).map((one) => fringe.fill(words.basemap_left_out, { name: one.name })).join(words.semicolon);
    for (const line of [credited, left]) line.hidden = !line.textContent;
    // Names on the map keep clear of it.
    if (before !== says.textContent && fringe.labelCanvas) fringe.labelCanvas.redraw();
  }

  /* Asks for a key, which only this page keeps, and only while it is open. */
  function keyBox(one, parent) {
    const box = element("div", "fringe-ground-key", null, parent), input = element("input", null, null, box), words = fringe.words;
    input.type = "text";
    input.autocomplete = "off";
    input.spellcheck = false;
    input.placeholder = words.basemap_key;
    input.setAttribute("aria-label", one.name + " " + words.basemap_key);
    const give = () => {
      one.key = input.value.trim();
      one.again();
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") give();
    });
    const button = element("button", null, words.basemap_key_show, box);
    button.type = "button";
    button.addEventListener("click", give);
    return box;
  }
})(window.fringe);
