/** Tables and lists of terms. On narrow screens, `stacks` puts the cells of a row below each other. */
export const TABLES = `
table { width: 100%; margin: 0 0 1.25rem; border-collapse: separate; border-spacing: 0; background: var(--surface);
  border: 1px solid var(--line); border-radius: var(--radius-large); }
th, td { padding: 0.7rem 1rem; text-align: start; vertical-align: top; border-top: 1px solid var(--line); }
th { font-weight: 600; }
th small { font-weight: 400; }
thead th { border-top: 0; color: var(--quiet); font-size: 0.875rem; }
tbody:first-child > tr:first-child > * { border-top: 0; }
td button, th button { white-space: nowrap; }
td form { margin: 0; }
th > .row, td > .row { margin: 0; align-items: center; }
th > .row { flex-wrap: nowrap; overflow-wrap: anywhere; }
td > * + .row { margin-top: 0.6rem; }
th code, .line, td > .chip { white-space: nowrap; }
.stacks .name { display: none; }

.matrix { max-width: max-content; max-height: calc(100vh - 6rem); overflow: auto; margin: 0 0 1.25rem;
  background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius-large); }
.matrix table { width: auto; margin: 0; border: 0; }
.matrix th, .matrix td { padding: 0.45rem 0.85rem; }
.matrix thead th { position: sticky; top: 0; z-index: 1; background: var(--surface);
  border-bottom: 1px solid var(--line); }
.matrix tr > :first-child { position: sticky; left: 0; min-width: 11rem; background: var(--surface);
  border-inline-end: 1px solid var(--line); }
.matrix thead th:first-child { z-index: 2; }
.matrix thead th:not(:last-child) { min-width: 8.5rem; }
.matrix thead code { white-space: normal; overflow-wrap: normal; }
.matrix tbody tr:first-child > * { border-top: 0; }
.matrix summary small { display: inline; color: var(--quiet); }
.matrix details { max-width: 20rem; }
.matrix details[open] > :not(summary) { margin-top: 0.4rem; }

dl { margin: 0; display: grid; grid-template-columns: 14rem minmax(0, 1fr); }
dt { padding: 0.5rem 1.5rem 0.5rem 0; color: var(--quiet); overflow-wrap: anywhere; }
dd { margin: 0; padding: 0.5rem 0; white-space: normal; }
dt:not(:first-of-type), dt:not(:first-of-type) + dd { border-top: 1px solid var(--line); }
.card > dl { margin: -0.5rem 0; }
dl.names dt { font-family: var(--mono); font-size: 0.875rem; line-height: 1.775; }
@media (max-width: 48rem) {
  .stacks, .stacks tbody, .stacks tr, .stacks th, .stacks td { display: block; }
  .stacks thead { position: absolute; clip-path: inset(50%); }
  .stacks tr { padding: 0.75rem 1rem; }
  .stacks tr + tr { border-top: 1px solid var(--line); }
  .stacks th, .stacks td { border: 0; padding: 0.25rem 0; overflow-wrap: anywhere; }
  .stacks th code { white-space: pre-wrap; }
  .stacks .name { display: inline; color: var(--quiet); }
  .matrix { max-width: none; max-height: none; overflow: visible; }
  .matrix table { width: 100%; }
  .matrix tr > th:first-child { position: static; border: 0; }
  .matrix th, .matrix td { padding: 0.2rem 0; }
  .matrix td { display: flex; flex-wrap: wrap; gap: 0 0.5rem; justify-content: space-between; }
  .matrix td:empty, .matrix td:not(:has(*)) { display: none; }
}
@media (max-width: 36rem) {
  th, td { padding: 0.6rem 0.75rem; }
  td button { white-space: normal; }
  dl { display: block; }
  dt { padding-bottom: 0; }
  dd { padding-top: 0; }
  dt:not(:first-of-type) + dd { border-top: 0; }
}`
