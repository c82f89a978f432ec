/** What the style sheets of all pages begin with: colours for light and dark, type, focus. */
export const BASE_STYLE = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c2024, #e8eaed); --page: light-dark(#ffffff, #16181b);
  --soft: light-dark(#f3f4f6, #22262b); --line: light-dark(#c9ced6, #454c55);
  --quiet: light-dark(#4b5563, #b3bac4); --link: light-dark(#0b57a4, #8ab8f5);
  --good: light-dark(#146c2e, #7ddb93); --bad: light-dark(#b3261e, #ffaca3);
  font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
}
body { margin: 2rem auto; padding: 0 1rem; }
a { color: var(--link); }
button { font: inherit; cursor: pointer; color: inherit;
  background: var(--soft); border: 1px solid var(--line); border-radius: 0.4rem; }
button:hover { border-color: currentColor; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
`
