/* Numbers as people read them: digits come rounded from Python, the page sets points, commas and units. */
window.fringe = window.fringe || {};
(function (fringe) {
  "use strict";

  const MISSING = "–";

  /* Digits by a rule {decimals, unit, gap, signed, plain, commas}. */
  fringe.digits = function (number, rule) {
    const padded = String(Math.abs(number)).padStart(rule.decimals + 1, "0"), cut = padded.length - rule.decimals;
    let whole = padded.slice(0, cut), part = rule.decimals ? "." + padded.slice(cut) : "";
    if (rule.commas !== false) whole = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    // A number without a rule loses the noughts behind its point.
    if (rule.plain && part) part = part.replace(/\.?0+$/, "");
    const sign = number < 0 ? "-" : rule.signed && number > 0 ? "+" : "";
    return sign + whole + part + (rule.unit ? rule.gap + rule.unit : "");
  };

  /* The text of a column in a row. */
  fringe.text = function (column, row) {
    if (column.codes) return column.codes[row] < 0 ? MISSING : column.words.at(column.codes[row]);
    if (column.numbers[row] === fringe.MISSING) return MISSING;
    const head = fringe.digits(column.numbers[row], column.rules[0]);
    return column.also ? head + " (" + fringe.digits(column.also[row], column.rules[1]) + ")" : head;
  };

  /* A count with commas. `toLocaleString` loads tables for tens of milliseconds when it is first called. */
  fringe.count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");

  fringe.fill = (template, parts) => template.replace(/\{(\w+)\}/g, (_, name) => String(parts[name]));
})(window.fringe);
