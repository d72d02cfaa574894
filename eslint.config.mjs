// The rules for the page's scripts and their tests. Scripts must run in Chromium 80 (February 2020) and in Firefox, never
// make markup or code of a text, and never ask the network.
import js from "@eslint/js";

const names = (list, how = "readonly") => Object.fromEntries(list.split(" ").map((name) => [name, how]));

// What a page of the year 2020 has, and our scripts use; a name that is not here is a mistake, or newer, or asks the network.
const PAGE = names(
  "window document performance setTimeout clearTimeout queueMicrotask requestAnimationFrame Blob URL Response Image ImageData " +
    "DecompressionStream TextDecoder DOMMatrix ResizeObserver createImageBitmap URLSearchParams location navigator Path2D",
);

const MARKUP = "innerHTML outerHTML insertAdjacentHTML write writeln setHTML setHTMLUnsafe srcdoc createContextualFragment parseFromString parseHTMLUnsafe";
// By year of Chromium's number: 83 to 130.
const NEWER =
  "replaceChildren replaceAll findLast findLastIndex toSorted toReversed toSpliced with hasOwn groupBy any withResolvers roundRect checkVisibility " +
  "fromBase64 toBase64 showPopover requestVideoFrameCallback getHTML conicGradient createConicGradient reportError scheduler moveBefore computedStyleMap";
const NETWORK = "fetch XMLHttpRequest WebSocket EventSource Worker SharedWorker importScripts";
const restricted = (list, message, object) => list.split(" ").map((property) => ({ ...(object && { object }), property, message }));

const CORRECT = {
  ...js.configs.recommended.rules,
  eqeqeq: "error",
  "no-unused-vars": ["error", { args: "after-used", argsIgnorePattern: "^_", caughtErrors: "all" }],
  "no-var": "error",
  "prefer-const": ["error", { destructuring: "all" }],
  "no-shadow-restricted-names": "error",
  "no-self-compare": "error",
  "no-throw-literal": "error",
  "no-unmodified-loop-condition": "error",
  "no-unreachable-loop": "error",
  "no-template-curly-in-string": "error",
  "array-callback-return": "error",
  "default-case-last": "error",
  radix: "error",
};

export default [
  { ignores: ["**/vendor/**", ".venv/**", "out/**", "build/**"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["src/**/*.js"],
    // Its syntax is that of Chromium 80.
    languageOptions: { ecmaVersion: 2020, sourceType: "script", globals: { ...PAGE, L: "readonly" } },
    rules: {
      ...CORRECT,
      strict: ["error", "function"],
      "no-implicit-globals": "error",
      "no-console": "error",
      "no-alert": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      "no-multi-str": "error",
      "no-restricted-globals": ["error", ...`${NETWORK} eval Function DOMParser structuredClone WeakRef OffscreenCanvas`.split(" ")],
      "no-restricted-properties": [
        "error",
        ...restricted(MARKUP, "A text goes in by textContent."),
        ...restricted(NEWER, "Newer than Chromium 80."),
        ...restricted(`sendBeacon ${NETWORK}`, "A page asks nothing of the network."),
        ...restricted("eval Function", "No code is made of a text."),
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "ImportExpression", message: "A page asks nothing of the network." },
        { selector: "CallExpression[callee.property.name='setAttribute'] > Literal.arguments:first-child[value=/^(on|srcdoc)/i]", message: "No code is made of a text." },
        { selector: "TemplateElement[value.raw=/\\n/]", message: "A text that runs over lines would be changed when a page is put together." },
      ],
    },
  },
  {
    files: ["tests/js/*.mjs", "*.mjs"],
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: names("URL TextDecoder TextEncoder Buffer process atob performance") },
    rules: CORRECT,
  },
];
