/** What the pages of the local tenant add to the base style. */
export const STYLE = `
.narrow { max-width: 26rem; }
.wide { max-width: 76rem; }
h1 { margin-bottom: 0.25rem; }
h2 { margin: 2.5rem 0 0.5rem; }
form { margin: 0.5rem 0; }
button { padding: 0.6rem; text-align: start; }
.narrow button { width: 100%; }
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
