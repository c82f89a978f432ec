/** Type, links, code and the frame of a page: the bar on top, and `main` in one of three widths. */
export const BASE = `
*, ::before, ::after { box-sizing: border-box; }
html { font: 1rem/1.55 var(--sans); color: var(--text); background: var(--page);
  -webkit-text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; }
main { --width: 46rem; max-width: var(--width); margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
.wide main { --width: 76rem; }
.narrow main { --width: 32rem; padding-top: 3rem; }
h1, h2, h3 { line-height: 1.25; letter-spacing: -0.011em; overflow-wrap: anywhere; }
h1 { margin: 0 0 0.5rem; font-size: 1.75rem; font-weight: 650; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.1875rem; font-weight: 600; }
h3 { margin: 1.5rem 0 0.5rem; font-size: 1rem; font-weight: 600; }
p { margin: 0 0 1rem; }
ul { padding-inline-start: 1.25rem; }
small { display: block; font-size: 0.875rem; }
a { color: var(--accent); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
a:hover { color: var(--accent-hover); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 0.25rem; }
code, pre, textarea { font-family: var(--mono); font-size: 0.875rem; }
code, pre, dd, blockquote { overflow-wrap: anywhere; white-space: pre-wrap; }
pre { margin: 0 0 1rem; padding: 1rem; background: var(--soft); border-radius: var(--radius); }
figure { margin: 0 0 1.25rem; padding-inline-start: 1rem; border-inline-start: 3px solid var(--line); }
figcaption { color: var(--quiet); font-size: 0.875rem; }
blockquote { margin: 0; white-space: normal; }
summary { cursor: pointer; }
.quiet { color: var(--quiet); }
.lead { font-size: 1.0625rem; color: var(--quiet); }
.lead strong { color: var(--text); font-weight: 600; }
main > details { margin: 0 0 1rem; }
main > details > summary { margin-bottom: 0.5rem; }
.sr-only { position: absolute; width: 1px; height: 1px; clip-path: inset(50%); overflow: hidden;
  white-space: nowrap; }
[hidden] { display: none !important; }

.topbar { background: var(--surface); border-bottom: 1px solid var(--line); }
.topbar > div { max-width: 76rem; min-height: 3.5rem; margin: 0 auto; padding: 0.5rem 1.25rem;
  display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1.5rem; }
.brand { display: inline-flex; align-items: center; gap: 0.6rem; color: var(--text);
  font-weight: 650; text-decoration: none; }
.brand:hover { color: var(--accent); }
.brand::before { content: ""; width: 1.25rem; height: 1.125rem; background: var(--accent);
  border-radius: 0.45rem 0.45rem 0.45rem 0.1rem; }
.brand.local::before { background: none; border: 0.2rem solid var(--accent); }
.topbar nav { display: flex; flex-wrap: wrap; gap: 0.25rem; }
.topbar nav a { padding: 0.3rem 0.7rem; border-radius: var(--radius); color: var(--quiet);
  font-weight: 500; text-decoration: none; }
.topbar nav a:hover { background: var(--soft); color: var(--text); }
.topbar nav [aria-current] { background: var(--accent-soft); color: var(--accent); }
.account { margin-inline-start: auto; display: flex; align-items: center; gap: 0.75rem; min-width: 0; }
.account > .name { max-width: 14rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

.with-sidebar > .topbar > div { max-width: none; }
.sidebar { padding: 1rem 0.75rem; background: var(--surface); border-bottom: 1px solid var(--line); }
.sidebar ul { margin: 0; padding: 0; list-style: none; display: grid; gap: 0.15rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 7.5rem), 1fr)); }
.sidebar a { display: flex; align-items: center; height: 100%; min-height: 2.25rem; padding: 0.3rem 0.75rem;
  border-radius: var(--radius); color: var(--quiet); font-weight: 500; line-height: 1.25; text-decoration: none; }
.sidebar a:hover { background: var(--soft); color: var(--text); }
.sidebar [aria-current] { background: var(--accent-soft); color: var(--accent); }
@media (min-width: 60rem) {
  .with-sidebar { display: grid; grid-template: auto 1fr / 14.5rem minmax(0, 1fr); }
  .with-sidebar > .topbar { grid-column: 1 / -1; }
  .with-sidebar > main { margin: 0; padding: 2rem 2rem 4rem; width: 100%; }
  .sidebar { border: 0; border-inline-end: 1px solid var(--line); }
  .sidebar ul { position: sticky; top: 1rem; grid-template-columns: none; }
}
@media (max-width: 36rem) {
  .sidebar { padding: 0.5rem; font-size: 0.9375rem; }
  .sidebar a { padding: 0.3rem 0.5rem; }
  main { padding: 1.5rem 1rem 3rem; }
  .narrow main { padding-top: 1.5rem; }
  h1 { font-size: 1.5rem; }
  .topbar > div { padding: 0.5rem 1rem; }
  .topbar nav { order: 1; width: 100%; margin-inline-start: -0.7rem; }
  .account > .name { display: none; }
}
@media (prefers-reduced-motion: no-preference) {
  a, button, .button { transition: background-color 0.12s, border-color 0.12s, color 0.12s; }
}`
