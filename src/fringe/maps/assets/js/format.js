/* Numbers as people read them, by the same rule as fringe.model.units in Python: equal text for equal numbers. */
window.fringe = window.fringe || {};
(function (fringe) {
  "use strict";

  const MISSING = "–";

  /* Round half to even on the exact binary value, as Python does; toFixed rounds exact ties away from zero. */
  function fixed(number, decimals) {
    const text = Math.abs(number).toFixed(decimals);
    // An exact tie has one more digit, a 5, and nothing behind it; 25 digits more than a double can hold apart.
    const exact = Math.abs(number).toFixed(Math.min(100, decimals + 25));
    const tail = exact.slice(exact.indexOf(".") + 1 + decimals);
    let digits = text;
    if (/^50*$/.test(tail)) {
      const cut = decimals ? exact.slice(0, exact.indexOf(".") + 1 + decimals) : exact.slice(0, exact.indexOf("."));
      if (Number(cut[cut.length - 1]) % 2 === 0) digits = cut;
    }
    const [whole, part] = digits.split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return (number < 0 || Object.is(number, -0) ? "-" : "") + grouped + (part === undefined ? "" : "." + part);
  }

  /* A number by a rule {factor, decimals, unit, gap, also, signed}. */
  function byRule(number, rule) {
    const scaled = number * rule.factor;
    let shown = fixed(scaled, rule.decimals);
    if (rule.signed && !shown.startsWith("-")) shown = "+" + shown;
    // Rounding may leave a sign before nothing.
    if (!shown.replace(/[-+0.,]/g, "")) shown = shown.replace(/^[-+]+/, "");
    const head = rule.unit ? shown + rule.gap + rule.unit : shown;
    return rule.also ? head + " (" + byRule(number, rule.also) + ")" : head;
  }

  /* A number without a rule: at most two decimals; whole numbers of whole columns as they are. */
  function plain(number, whole) {
    if (whole) return String(number);
    const text = fixed(number, 2);
    return text.replace(/0+$/, "").replace(/\.$/, "");
  }

  /* The text of a column in a row. */
  fringe.text = function (column, row) {
    if (column.codes !== undefined) {
      const code = typeof column.codes === "number" ? column.codes : column.codes[row];
      return code < 0 ? MISSING : column.words[code];
    }
    const item = column.values[row];
    if (item === null) return MISSING;
    if (typeof item === "string") return item;
    return column.display ? byRule(item, column.display) : plain(item, column.numbers === "integer");
  };

  fringe.fill = (template, parts) => template.replace(/\{(\w+)\}/g, (_, name) => String(parts[name]));
})(window.fringe);
