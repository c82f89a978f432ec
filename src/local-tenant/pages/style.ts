/** The one look of all pages: light and dark, on a phone and on a wide screen. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c2024, #e8eaed); --page: light-dark(#ffffff, #16181b);
  --soft: light-dark(#f3f4f6, #22262b); --line: light-dark(#c9ced6, #454c55);
  --quiet: light-dark(#4b5563, #b3bac4); --link: light-dark(#0b57a4, #8ab8f5);
  --good: light-dark(#146c2e, #7ddb93); --bad: light-dark(#b3261e, #ffaca3);
  font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
}
body { margin: 2rem auto; padding: 0 1rem; }
.narrow { max-width: 26rem; }
.wide { max-width: 76rem; }
a { color: var(--link); }
h1 { margin-bottom: 0.25rem; }
h2 { margin: 2.5rem 0 0.5rem; }
form { margin: 0.5rem 0; }
button { padding: 0.6rem; font: inherit; text-align: start; cursor: pointer; color: inherit;
  background: var(--soft); border: 1px solid var(--line); border-radius: 0.4rem; }
.narrow button { width: 100%; }
button:hover { border-color: currentColor; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
label { display: block; margin: 0.5rem 0; }
input, textarea, select { box-sizing: border-box; padding: 0.5rem; font: inherit; color: inherit;
  background: var(--page); border: 1px solid var(--line); border-radius: 0.4rem; }
.narrow input, textarea { width: 100%; }
small { display: block; }
code, textarea, pre { font-family: ui-monospace, monospace; font-size: 0.875rem; }
code, pre { overflow-wrap: anywhere; white-space: pre-wrap; }
pre { padding: 0.75rem; background: var(--soft); border-radius: 0.4rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.5rem; text-align: start; vertical-align: top; border-top: 1px solid var(--line); }
th code { white-space: nowrap; }
td form { margin: 0; }
td button { white-space: nowrap; }
thead th { border: 0; color: var(--quiet); font-weight: 600; }
.quiet { color: var(--quiet); }
.good { color: var(--good); } .bad { color: var(--bad); }
.good, .bad { font-weight: 600; }
.row { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: end; }
.row form { margin: 0; }
[role="status"]:not(:empty) { padding: 0.5rem 0.75rem; background: var(--soft); border-radius: 0.4rem; }
[hidden] { display: none !important; }
summary { cursor: pointer; }
.name { display: none; }
@media (max-width: 48rem) {
  .stacks, .stacks tbody, .stacks tr, .stacks th, .stacks td { display: block; }
  .stacks thead { position: absolute; clip-path: inset(50%); }
  .stacks tr { padding: 0.5rem 0; border-top: 1px solid var(--line); }
  .stacks th, .stacks td { border: 0; padding: 0.25rem 0; }
  .stacks .name { display: inline; color: var(--quiet); }
}`
