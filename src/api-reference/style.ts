import { STYLESHEET } from '../html/stylesheet.ts'

/** The common style sheet, and the rules for operations. */
export const REFERENCE_STYLESHEET = `${STYLESHEET}
.operation { margin: 0 0 0.75rem; background: var(--surface); border: 1px solid var(--line);
  border-radius: var(--radius-large); box-shadow: var(--shadow); }
.operation > summary { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; align-items: center;
  margin: 0; padding: 0.75rem 1.25rem; border-radius: var(--radius-large); }
.operation > summary:hover { background: var(--soft); }
.operation > summary code { font-size: 0.9375rem; font-weight: 600; }
.operation > summary .quiet { flex: 1 1 12rem; }
.operation > div { padding: 0.75rem 1.25rem 1.25rem; border-top: 1px solid var(--line); }
.method { min-width: 4rem; color: var(--accent); font: 700 0.8125rem var(--mono); }
.operation h3 { margin: 1.5rem 0 0.5rem; font-size: 0.9375rem; }
.response { margin: 0 0 0.5rem; }
.response > summary { margin-bottom: 0.5rem; }
.members { margin: 0 0 0.75rem; }
.members .members { margin: 0.5rem 0 0; padding-inline-start: 1rem; border-inline-start: 2px solid var(--line); }
.members dt { display: flex; flex-wrap: wrap; gap: 0.35rem; align-items: center; }
.call { padding: 1rem; background: var(--soft); border-radius: var(--radius); }
.call pre { background: var(--surface); }
.call .chip { background: var(--surface); }
.call > p { margin: 0; }
.result:not(:empty) { margin-top: 1rem; }
.result > :last-child { margin-bottom: 0; }
#logged-out > details { margin-top: 1rem; }
#logged-out > details > form { margin-top: 0.75rem; }
@media (max-width: 36rem) {
  .operation > summary, .operation > div { padding-inline: 0.9rem; }
  .operation > summary .quiet { flex-basis: 100%; }
}`
