/* The table: the rows of a layer as its popups show them, sorted by any column, linked with the map. Only the rows in sight are
   in the page, so a hundred thousand scroll as ten do. */
(function (fringe) {
  "use strict";

  const element = (...parts) => fringe.element(...parts);
  const ROW_PX = 29, BEYOND = 8;

  fringe.tableTool = function () {
    if (!fringe.readable().length) return null;
    const words = fringe.words;
    let layer = null, order = [], sorted = null, at = 0, pick, said, scroll, table, body, heads = [], opened = false;

    /* Numbers by size, words by their alphabet, missing ones last. */
    function rowsInOrder() {
      const rows = [];
      for (let row = 0; row < layer.n; row++) if (layer.there(row)) rows.push(row);
      if (!sorted) return rows;
      const column = layer.columns[sorted.column], down = sorted.down ? -1 : 1;
      let keys = column.numbers, none = fringe.MISSING;
      if (column.codes) {
        const texts = Array.from({ length: column.words.length }, (_, i) => column.words.at(i)), places = new Int32Array(texts.length);
        const compare = new Intl.Collator(fringe.page.lang, { numeric: true }).compare;
        texts.map((_, i) => i).sort((a, b) => compare(texts[a] || "", texts[b] || "")).forEach((code, place) => (places[code] = place));
        keys = Int32Array.from(column.codes, (code) => (code < 0 ? -1 : places[code]));
        none = -1;
      }
      return rows.sort((a, b) => (keys[a] === none) - (keys[b] === none) || down * (keys[a] - keys[b]) || a - b);
    }

    function fillRows() {
      const first = Math.max(0, Math.floor(scroll.scrollTop / ROW_PX) - BEYOND), many = Math.ceil(scroll.clientHeight / ROW_PX) + 2 * BEYOND;
      const last = Math.min(order.length, first + many), focused = body.contains(document.activeElement);
      fringe.refill(body);
      const spacer = (rows) => {
        const line = element("tr", "fringe-spacer", null, body);
        line.setAttribute("aria-hidden", "true");
        line.style.height = rows * ROW_PX + "px";
      };
      spacer(first);
      for (let i = first; i < last; i++) {
        const row = order[i], line = element("tr", null, null, body), chosen = fringe.selected && fringe.selected.layer === layer && fringe.selected.row === row;
        line.setAttribute("aria-rowindex", String(i + 2));
        line.setAttribute("aria-selected", String(Boolean(chosen)));
        line.tabIndex = i === at ? 0 : -1;
        line.dataset.at = String(i);
        for (let c = 0; c < layer.popup; c++) element("td", layer.columns[c].codes ? null : "fringe-figure", layer.text(row, c), line);
      }
      spacer(order.length - last);
      if (focused) (body.querySelector('[tabindex="0"]') || scroll).focus({ preventScroll: true });
    }

    function renew() {
      order = rowsInOrder();
      at = Math.max(0, Math.min(at, order.length - 1));
      table.setAttribute("aria-rowcount", String(order.length + 1));
      said.textContent = fringe.fill(order.length < layer.n ? words.table_some : words.table_all, { n: fringe.count(order.length), all: fringe.count(layer.n) });
      heads.forEach(([cell], c) => cell.setAttribute("aria-sort", sorted && sorted.column === c ? (sorted.down ? "descending" : "ascending") : "none"));
      fillRows();
    }

    function reach(to) {
      at = Math.max(0, Math.min(order.length - 1, to));
      const top = at * ROW_PX, room = scroll.clientHeight - ROW_PX - table.tHead.offsetHeight;
      if (scroll.scrollTop > top) scroll.scrollTop = top;
      else if (scroll.scrollTop < top - room) scroll.scrollTop = top - room;
      fillRows();
      const line = body.querySelector('[tabindex="0"]');
      if (line) line.focus({ preventScroll: true });
    }

    async function choose(next) {
      await next.read();
      layer = next;
      sorted = null;
      at = 0;
      const head = table.tHead.rows[0];
      fringe.refill(head);
      heads = layer.heads.slice(0, layer.popup).map((column, c) => {
        const cell = element("th", layer.columns[c].codes ? null : "fringe-figure", null, head);
        cell.scope = "col";
        fringe.button(cell, null, null, () => {
          sorted = { column: c, down: Boolean(sorted) && sorted.column === c && !sorted.down };
          at = 0;
          scroll.scrollTop = 0;
          renew();
        }, column.label);
        return [cell];
      });
      table.setAttribute("aria-label", layer.name);
      table.setAttribute("aria-colcount", String(layer.popup));
      scroll.scrollTop = scroll.scrollLeft = 0;
      renew();
    }

    async function show(i) {
      at = i;
      const row = order[i];
      fillRows();
      await fringe.goTo(layer, row);
      fillRows();
    }

    const fill = (box, tool) => {
      pick = element("select", "fringe-pick");
      pick.setAttribute("aria-label", words.table_layer);
      fringe.readable().forEach((one, i) => (element("option", null, one.name, pick).value = String(i)));
      said = element("p", "fringe-said");
      said.setAttribute("role", "status");
      tool.head.firstChild.after(pick, said);
      pick.addEventListener("change", () => choose(fringe.readable()[Number(pick.value)]));
      scroll = element("div", "fringe-scroll", null, box);
      table = element("table", null, null, scroll);
      table.setAttribute("role", "grid");
      element("tr", null, null, element("thead", null, null, table));
      body = element("tbody", null, null, table);
      let waiting = 0;
      scroll.addEventListener("scroll", () => (waiting = waiting || requestAnimationFrame(() => {
        waiting = 0;
        fillRows();
      })));
      new ResizeObserver(() => opened && layer && fillRows()).observe(scroll);
      body.addEventListener("click", (event) => {
        const line = event.target.closest("tr[data-at]");
        if (line) show(Number(line.dataset.at));
      });
      body.addEventListener("keydown", (event) => {
        const page = Math.max(1, Math.floor(scroll.clientHeight / ROW_PX) - 2);
        const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: order.length - 1 }[event.key];
        if (to !== undefined) reach(to);
        else if (event.key === "Enter" || event.key === " ") show(at);
        else return;
        event.preventDefault();
      });
      const linked = () => {
        if (!opened || !layer) return;
        const i = fringe.selected && fringe.selected.layer === layer ? order.indexOf(fringe.selected.row) : -1;
        if (i < 0 || body.contains(document.activeElement)) return fillRows();
        at = i;
        if (i * ROW_PX < scroll.scrollTop || (i + 3) * ROW_PX > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = Math.max(0, (i - 1) * ROW_PX);
        fillRows();
      };
      fringe.map.on("featureopen popupclose", linked);
      fringe.map.on("filterchange daychange", () => opened && layer && renew());
      choose(fringe.readable()[0]);
    };
    const resize = (on) => {
      opened = on;
      fringe.map.getContainer().parentNode.classList.toggle("fringe-tabled", on);
    };
    return {
      wide: true, fill,
      shown: () => {
        resize(true);
        if (layer) renew();
        pick.focus();
      },
      hidden: () => resize(false),
    };
  };
})(window.fringe);
