/* Search by name, by the initials of a name's pinyin, by number, and by chainage along a railway. An index of the different
   texts, not of the rows, is made when there is time. fringe.search(query): a promise of {hits: [{layer, row, title, says}], total}. */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);
  const MOST = 60, SLICE_MS = 8, WAIT_MS = 80;
  // K12+300; a bare K12 is K12+000.
  const CHAINAGE = /^(?:[a-z]{0,4}\s*(-?)(\d+)\s*\+\s*(\d{1,3}(?:\.\d+)?)|[a-z]{0,3}k\s*(-?)(\d+))$/;
  const HAN = "\u2e80-\uffef", GAP = new RegExp("([" + HAN + "]) (?=[" + HAN + "])", "g");
  // Between Chinese signs blanks mean nothing.
  const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim().replace(GAP, "$1");

  let index = null;

  /* Texts of each column that can be searched, made a few milliseconds at a time. */
  fringe.searchIndex = function () {
    index = index || (async () => {
      const made = [];
      let since = performance.now();
      for (const layer of fringe.readable()) {
        const columns = await layer.read();
        for (const at of layer.search) {
          const column = columns[at], words = column.words, texts = [];
          for (let i = 0; i < (words ? words.length : layer.n); i++) {
            texts.push(plain((words ? words.at(i) : fringe.text(column, i)) || ""));
            if (i % 64 || performance.now() - since < SLICE_MS) continue;
            await new Promise((next) => setTimeout(next));
            since = performance.now();
          }
          made.push({ layer, at, texts });
        }
      }
      return made;
    })();
    return index;
  };

  /* Whether letters are initials of a text, and where: 0 at its start, 1 within, -1 nowhere. A sign may be read in several ways. */
  fringe.initialsAt = function (text, letters, readings) {
    const fits = (i) => {
      let at = i;
      for (const letter of letters) {
        while (at < text.length && !(text[at] in readings) && !/[a-z0-9]/.test(text[at])) at++;
        if (at >= text.length) return false;
        const sign = text[at++];
        if (sign !== letter && !(readings[sign] || "").includes(letter)) return false;
      }
      return true;
    };
    for (let i = 0; i < text.length; i++) if ((text[i] === letters[0] || (readings[text[i]] || "").includes(letters[0])) && fits(i)) return i ? 1 : 0;
    return -1;
  };

  function rankOf(text, query, letters) {
    const at = text.indexOf(query);
    if (at >= 0) return text === query ? 0 : at ? 2 : 1;
    const found = letters ? fringe.initialsAt(text, query, fringe.page.initials) : -1;
    return found < 0 ? -1 : 3 + found;
  }

  fringe.search = async function (typed) {
    const query = plain(typed), letters = /^[a-z0-9]{2,}$/.test(query), found = [];
    if (!query) return { hits: [], total: 0 };
    const places = await fringe.chainageHits(query.match(CHAINAGE));
    for (const { layer, at, texts } of await fringe.searchIndex()) {
      const ranks = new Map();
      texts.forEach((text, code) => {
        const rank = rankOf(text, query, letters);
        if (rank >= 0) ranks.set(code, rank);
      });
      const codes = layer.columns[at].codes;
      for (let row = 0; ranks.size && row < layer.n; row++) {
        const code = codes ? codes[row] : row, rank = ranks.get(code);
        if (rank !== undefined && layer.there(row)) found.push([rank, texts[code].length, found.length, layer, row, at]);
      }
    }
    found.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    const seen = new Set(), hits = [];
    for (const [, , , layer, row, at] of found) {
      // The pieces of one road are one road.
      const key = layer.id + " " + (layer.dimension === 1 && layer.label !== undefined ? layer.text(row, layer.label) : row);
      if (seen.has(key)) continue;
      seen.add(key);
      if (hits.length >= MOST) continue;
      const title = layer.title(row), text = layer.text(row, at);
      hits.push({ layer, row, title, says: text === title ? layer.what : layer.what + " · " + layer.heads[at].label + " " + text });
    }
    return { hits: [...places, ...hits], total: places.length + seen.size };
  };

  let axes = null;

  /* The axes of railways: {line, metres, x, y}, their posts by rising chainage. */
  fringe.readAxes = function () {
    axes = axes || (fringe.page.axes ? fringe.unpack(fringe.page.axes).then((block) => {
      const [metres, x, y] = ["m", "x", "y"].map((name) => Int32Array.from(block.ints(name)));
      let from = 0;
      return block.facts.lines.map(({ line, n }) => {
        const range = [from, (from += n)];
        for (const steps of [metres, x, y]) for (let i = range[0] + 1; i < range[1]; i++) steps[i] += steps[i - 1];
        return { line, metres: metres.subarray(...range), x: x.subarray(...range), y: y.subarray(...range) };
      });
    }) : Promise.resolve([]));
    return axes;
  };

  fringe.chainageHits = async function (match) {
    if (!match) return [];
    const metres = (1000 * Number(match[2] || match[5]) + Number(match[3] || 0)) * (match[1] || match[4] ? -1 : 1), hits = [];
    for (const axis of await fringe.readAxes()) {
      const last = axis.metres.length - 1;
      if (metres < axis.metres[0] || metres > axis.metres[last]) continue;
      let i = 1;
      while (i < last && axis.metres[i] < metres) i++;
      const t = (metres - axis.metres[i - 1]) / (axis.metres[i] - axis.metres[i - 1] || 1);
      const at = fringe.latLngOf(axis.x[i - 1] + t * (axis.x[i] - axis.x[i - 1]), axis.y[i - 1] + t * (axis.y[i] - axis.y[i - 1]));
      hits.push({ title: match[0].toUpperCase().replace(/\s+/g, ""), says: axis.line, at });
    }
    return hits;
  };

  function choose(hit) {
    if (!hit.at) return fringe.goTo(hit.layer, hit.row);
    const box = element("div", "fringe-popup");
    element("p", "fringe-popup-layer", hit.says, box);
    element("h2", null, hit.title, box);
    fringe.map.setView(hit.at, Math.max(fringe.map.getZoom(), 15.5), { animate: false });
    const popup = L.popup({ autoPanPadding: [20, 20] }).setLatLng(hit.at).setContent(box).openOn(fringe.map);
    popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", fringe.words.close);
  }

  fringe.searchTool = function () {
    const words = fringe.words;
    let input, list, said, hits = [], active = -1, asked = 0, timer = 0;
    const mark = (at) => {
      [...list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
      active = at;
      if (at < 0) input.removeAttribute("aria-activedescendant");
      else {
        input.setAttribute("aria-activedescendant", list.children[at].id);
        list.children[at].scrollIntoView({ block: "nearest" });
      }
    };
    const take = (at) => {
      const hit = hits[at];
      if (!hit) return;
      fringe.tools.search.close();
      fringe.map.getContainer().focus({ preventScroll: true });
      return choose(hit);
    };
    const look = async () => {
      const mine = ++asked, query = input.value, found = await fringe.search(query);
      if (mine !== asked) return;
      hits = found.hits;
      fringe.refill(list);
      hits.forEach((hit, i) => {
        const item = element("li", null, null, list);
        item.id = "fringe-hit-" + i;
        item.setAttribute("role", "option");
        element("b", null, hit.title, item);
        element("span", null, hit.says, item);
        item.addEventListener("click", () => take(i));
      });
      input.setAttribute("aria-expanded", String(hits.length > 0));
      said.textContent = !query.trim() ? "" : found.total > hits.length ? fringe.fill(words.search_more, { n: fringe.count(found.total), shown: hits.length })
        : found.total ? fringe.fill(words.search_found, { n: found.total }) : words.search_none;
      mark(hits.length ? 0 : -1);
    };
    return {
      fill: (box) => {
        input = element("input", "fringe-search-input", null, box);
        input.type = "search";
        input.placeholder = fringe.page.axes ? words.search_hint_rail : words.search_hint;
        input.autocomplete = "off";
        input.spellcheck = false;
        for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", "fringe-hits"], ["aria-label", words.tool_search]]) input.setAttribute(name, value);
        said = element("p", "fringe-said", "", box);
        said.setAttribute("role", "status");
        list = element("ul", "fringe-hits", null, box);
        list.id = "fringe-hits";
        list.setAttribute("role", "listbox");
        list.setAttribute("aria-label", words.search_results);
        input.addEventListener("input", () => {
          clearTimeout(timer);
          timer = setTimeout(() => {
            timer = 0;
            look();
          }, WAIT_MS);
        });
        input.addEventListener("keydown", async (event) => {
          if (event.isComposing) return;
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            if (hits.length) mark((active + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % hits.length);
          } else if (event.key === "Enter") {
            clearTimeout(timer);
            if (timer) await look();
            timer = 0;
            take(active);
          }
        });
      },
      shown: () => {
        input.focus();
        input.select();
        // What was left out or came to be since then.
        if (input.value) look();
      },
    };
  };
})(window.fringe);
