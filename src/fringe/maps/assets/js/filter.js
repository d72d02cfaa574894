/* The filter: words of columns, such as a township or a status, of which only the chosen are shown. A choice holds for every layer
   whose column shares its words. What is left out is neither drawn nor found, counted nor listed; the legend says so, on paper too. */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);
  // More words than this fold away behind their heading.
  const OPEN = 12;

  let facets = null, tell = null;

  /* The words of a column with the rows that say them at present; of one that follows the days, all its words. */
  function tally(layer, at) {
    const words = new Map(), column = layer.columns[at], first = new Map(), counts = new Map();
    for (let i = 0; layer.clock && column.codes && i < column.words.length; i++) if (typeof column.words.at(i) === "string") words.set(column.words.at(i), 0);
    // A text is asked for once per code, not once per row.
    for (let row = 0; row < layer.n; row++) {
      if (!layer.exists(row)) continue;
      const code = column.codes ? column.codes[row] : column.numbers[row];
      if (!counts.has(code)) first.set(code, row);
      counts.set(code, (counts.get(code) || 0) + 1);
    }
    for (const [code, row] of first) {
      const word = fringe.text(column, row);
      words.set(word, (words.get(word) || 0) + counts.get(code));
    }
    return words;
  }

  /* {name, label, layers: [{layer, at}], words: Map(word → count), chosen: Set} */
  async function readFacets() {
    const made = [];
    for (const layer of fringe.layers) {
      if (!layer.popup || !layer.filters.length) continue;
      await layer.read();
      for (const at of layer.filters) {
        const words = tally(layer, at);
        // "kind" of zones and "kind" of findings are different things unless they share words.
        const name = layer.heads[at].name, same = made.find((facet) => facet.name === name && [...words.keys()].some((word) => word !== "–" && facet.words.has(word)));
        const facet = same || { name, label: layer.heads[at].label, what: layer.what, layers: [], words: new Map(), chosen: new Set() };
        if (!same) made.push(facet);
        facet.layers.push({ layer, at });
        for (const [word, count] of words) facet.words.set(word, (facet.words.get(word) || 0) + count);
      }
    }
    return made;
  }

  /* Leaves out what is not chosen, and counts what is left. */
  function leaveOut(chosen) {
    for (const layer of fringe.layers) {
      const tests = chosen.flatMap((facet) => facet.layers.filter((one) => one.layer === layer).map(({ at }) => [layer.columns[at], facet.chosen]));
      layer.left = tests.length ? new Uint8Array(layer.n) : null;
      for (const [column, words] of tests) {
        // A text is asked for once per word, not once per row.
        const known = column.codes && Uint8Array.from({ length: column.words.length }, (_, code) => words.has(column.words.at(code)));
        for (let row = 0; row < layer.n; row++) {
          const kept = known && column.codes[row] >= 0 ? known[column.codes[row]] : words.has(fringe.text(column, row));
          if (!kept) layer.left[row] = 1;
        }
      }
      if (layer.recount) layer.recount();
    }
  }

  /* Another day has other words and rows, of which the same are chosen. */
  fringe.refilter = function () {
    if (!facets) return;
    for (const facet of facets) {
      if (!facet.layers.some(({ layer }) => layer.clock)) continue;
      for (const word of facet.words.keys()) facet.words.set(word, 0);
      for (const { layer, at } of facet.layers) for (const [word, count] of tally(layer, at)) facet.words.set(word, (facet.words.get(word) || 0) + count);
    }
    if (tell) tell();
    const chosen = facets.filter((facet) => facet.chosen.size);
    if (chosen.length) leaveOut(chosen);
  };

  /* Leaves out what is not chosen, and says so. */
  fringe.applyFilter = function () {
    const chosen = facets.filter((facet) => facet.chosen.size);
    leaveOut(chosen);
    const texts = chosen.map((facet) => facet.label + fringe.words.colon + [...facet.chosen].map(shownWord).join(fringe.words.comma));
    const note = document.querySelector(".fringe-filtered");
    note.hidden = !texts.length;
    note.textContent = texts.length ? fringe.words.filtered + texts.join(fringe.words.semicolon) : "";
    fringe.tools.filter.button.classList.toggle("fringe-active", texts.length > 0);
    fringe.renewPopup();
    fringe.map.fire("filterchange");
    fringe.redraw();
  };

  const shownWord = (word) => (word === "–" ? fringe.words.not_given : word);

  fringe.filterTool = function () {
    if (!fringe.readable().some((layer) => layer.filters.length)) return null;
    // On the legend, where paper has it too.
    const note = element("p", "fringe-filtered");
    note.hidden = true;
    note.setAttribute("role", "status");
    document.querySelector(".fringe-panel-body").prepend(note);
    const fill = async (box) => {
      const body = element("div", "fringe-facets", null, box), foot = element("div", "fringe-fly-foot", null, box);
      facets = await readFacets();
      const chips = [];
      for (const facet of facets) {
        const group = element("details", "fringe-facet", null, body), head = element("summary", null, facet.label, group);
        group.open = facet.words.size <= OPEN;
        const named = facets.filter((other) => other.label === facet.label).length > 1 ? facet.what : [...new Set(facet.layers.map(({ layer }) => layer.what))].join(fringe.words.comma);
        element("span", "fringe-note", named, head);
        const list = element("div", "fringe-chips", null, group);
        list.setAttribute("role", "group");
        list.setAttribute("aria-label", facet.label);
        const order = [...facet.words.keys()].sort((a, b) => (a === "–") - (b === "–") || facet.words.get(b) - facet.words.get(a) || (a < b ? -1 : 1));
        for (const word of order) {
          const chip = fringe.button(list, "fringe-chip", null, () => {
            if (!facet.chosen.delete(word)) facet.chosen.add(word);
            update();
          }, shownWord(word));
          chips.push([chip, facet, word, element("span", "fringe-count", fringe.count(facet.words.get(word)), chip)]);
        }
      }
      tell = () => chips.forEach(([, facet, word, count]) => (count.textContent = fringe.count(facet.words.get(word))));
      const clear = fringe.button(foot, "fringe-clear", null, () => {
        facets.forEach((facet) => facet.chosen.clear());
        update();
      }, fringe.words.filter_clear);
      const update = (first) => {
        for (const [chip, facet, word] of chips) chip.setAttribute("aria-pressed", String(facet.chosen.has(word)));
        clear.disabled = !facets.some((facet) => facet.chosen.size);
        if (first !== true) fringe.applyFilter();
      };
      update(true);
      const start = body.querySelector("button, summary");
      if (start && box.contains(document.activeElement)) start.focus();
    };
    return { fill, shown: () => (document.querySelector("#fringe-filter button")).focus() };
  };
})(window.fringe);
