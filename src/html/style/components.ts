/** What pages are built from. The classes are described in docs/decisions/0046. */
export const COMPONENTS = `
.card { margin: 0 0 1.25rem; padding: 1.25rem 1.5rem; background: var(--surface);
  border: 1px solid var(--line); border-radius: var(--radius-large); box-shadow: var(--shadow); }
.card > :first-child { margin-top: 0; }
.card > :last-child { margin-bottom: 0; }
.row { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: end; margin: 1rem 0; }
.row > form { margin: 0; }
.bar { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; justify-content: space-between;
  margin: 1.75rem 0 0.5rem; }
.bar h2 { margin: 0; }
.title { display: flex; gap: 1rem; align-items: center; margin-bottom: 1.5rem; }
.title > div { min-width: 0; display: grid; gap: 0.3rem; }
.title h1, .title p { margin: 0; overflow-wrap: anywhere; }

button, .button { display: inline-flex; align-items: center; justify-content: center; gap: 0.5rem;
  min-height: 2.5rem; padding: 0.4rem 1rem; font: inherit; font-weight: 500; text-decoration: none;
  color: var(--text); background: var(--surface); border: 1px solid var(--edge);
  border-radius: var(--radius); cursor: pointer; }
button:hover, .button:hover { background: var(--soft); color: var(--text); }
.primary, .danger { color: var(--on-accent); background: var(--accent); border-color: transparent; }
.primary:hover { color: var(--on-accent); background: var(--accent-hover); }
.danger { color: var(--bad); background: var(--surface); border-color: currentColor; }
.danger:hover { color: var(--bad); background: var(--bad-soft); }
button:focus-visible, .button:focus-visible { border-radius: var(--radius); }
button:disabled { opacity: 0.6; cursor: not-allowed; }
.small { min-height: 2rem; padding: 0.15rem 0.75rem; font-size: 0.9375rem; }
.linklike { min-height: 0; padding: 0; color: var(--accent); background: none; border: 0;
  font-weight: inherit; text-decoration: underline; text-underline-offset: 0.15em; }
.linklike:hover { color: var(--accent-hover); background: none; }
.full { width: 100%; }

.fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); gap: 0 1.25rem; }
.fields > label { min-width: 0; }
.fields > .row { grid-column: 1 / -1; margin: 0; }
form { margin: 0; }
label { display: block; margin: 0 0 1rem; font-weight: 500; }
input, select, textarea { display: block; width: 100%; min-height: 2.5rem; margin-top: 0.3rem;
  padding: 0.4rem 0.75rem; font: inherit; font-weight: 400; color: var(--text);
  background: var(--surface); border: 1px solid var(--edge); border-radius: var(--radius); }
textarea { font-family: var(--mono); font-size: 0.875rem; line-height: 1.5; resize: vertical; }
.row > label { margin: 0; }
.row > fieldset { flex-basis: 100%; margin: 0; }
.row > fieldset label { margin-bottom: 0; }
input[type="checkbox"] { display: inline-block; width: 1.15rem; min-height: 0; height: 1.15rem; margin: 0 0.4rem 0 0;
  vertical-align: -0.2rem; accent-color: var(--accent); }
fieldset { margin: 0 0 1rem; padding: 0; border: 0; }
legend { padding: 0; margin-bottom: 0.5rem; font-weight: 500; }
fieldset label { font-weight: 400; margin-bottom: 0.5rem; }
[aria-invalid="true"] { border-color: var(--bad); }
.error { margin: -0.6rem 0 1rem; color: var(--bad); font-size: 0.9375rem; }
.hint { margin: -0.6rem 0 1rem; color: var(--quiet); font-size: 0.9375rem; }

.chip { display: inline-flex; align-items: center; padding: 0.05rem 0.55rem; border-radius: 1rem;
  font-size: 0.8125rem; font-weight: 500; line-height: 1.5; color: var(--quiet);
  background: var(--soft); overflow-wrap: anywhere; }
.chips { display: flex; flex-wrap: wrap; gap: 0.35rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.good, .bad { font-weight: 600; }
.chip.good, .chip.bad { font-weight: 500; }
.chip.good { background: var(--good-soft); } .chip.bad { background: var(--bad-soft); }
.chip.warn { background: var(--warn-soft); }
.chip.info { color: var(--accent); background: var(--accent-soft); }

.alert, [role="status"]:not(:empty) { margin: 0 0 1.25rem; padding: 0.75rem 1rem;
  background: var(--accent-soft); border-radius: var(--radius); font-weight: 400;
  color: var(--text); }
.alert.good, [role="status"]:not(:empty) { background: var(--good-soft); }
.alert.bad { background: var(--bad-soft); }
.alert.warn { background: var(--warn-soft); }
.alert > :last-child { margin-bottom: 0; }
/* It hides what is behind it completely. What a page is scrolled to begins below it. */
.notice:not(:empty) { position: sticky; top: 0.5rem; z-index: 3; box-shadow: 0 0 0 0.5rem var(--page); }
:root:has(.notice:not(:empty)) { scroll-padding-top: 4.25rem; }
@media (max-width: 36rem) { :root:has(.notice:not(:empty)) { scroll-padding-top: 7.75rem; } }
.empty { margin: 0 0 1.25rem; padding: 1.25rem; text-align: center; color: var(--quiet);
  border: 1px dashed var(--edge); border-radius: var(--radius-large); }
.empty > :last-child { margin-bottom: 0; }

h1 + .card { margin-top: 1.25rem; }
.outcome { font-size: 1.1875rem; font-weight: 500; line-height: 1.45; }
.jwt { grid-template-columns: 7rem minmax(0, 1fr); margin: 0 0 1.25rem; }
.jwt dd { padding-inline-start: 0.75rem; border-inline-start: 4px solid; font-family: var(--mono);
  font-size: 0.8125rem; overflow-wrap: anywhere; }
.jwt dd:nth-of-type(1) { color: var(--bad); } .jwt dd:nth-of-type(2) { color: var(--accent); }
.jwt dd:nth-of-type(3) { color: var(--good); }
.part { padding-inline-start: 0.75rem; border-inline-start: 4px solid var(--accent); }
.part.header { border-color: var(--bad); }

.avatar { flex: none; display: inline-flex; align-items: center; justify-content: center;
  width: 2.25rem; height: 2.25rem; border-radius: 50%; object-fit: cover;
  color: var(--accent); background: var(--accent-soft); font-size: 0.8125rem; font-weight: 600; }
.avatar.large { width: 4rem; height: 4rem; font-size: 1.375rem; }

.choices { margin: 0 0 1.25rem; padding: 0; list-style: none; }
.choices li + li { margin-top: 0.5rem; }
.choices button { width: 100%; justify-content: start; gap: 0.85rem; padding: 0.65rem 0.85rem;
  text-align: start; font-weight: 400; border-color: var(--line); }
.choices button:hover { border-color: var(--accent); background: var(--accent-soft); }
.choices .who { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.choices .who strong { display: block; font-weight: 600; }
.choices .chips { justify-content: end; max-width: 45%; }
.choices .suggested { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
@media (max-width: 36rem) {
  .choices button { flex-wrap: wrap; row-gap: 0.4rem; }
  .choices .chips { width: 100%; max-width: none; justify-content: start; padding-inline-start: 3.1rem; }
  .choices .chips:empty { display: none; }
  .card { padding: 1.1rem; }
}

.links { margin: 0 0 1.25rem; padding: 0; list-style: none; background: var(--surface);
  border: 1px solid var(--line); border-radius: var(--radius-large); box-shadow: var(--shadow); }
.links li { position: relative; padding: 0.85rem 1.25rem; }
.links li + li { border-top: 1px solid var(--line); }
.links a { font-weight: 600; text-decoration: none; }
.links a::after { content: ""; position: absolute; inset: 0; }
.links li:hover { background: var(--soft); }
.links small { color: var(--quiet); }`
