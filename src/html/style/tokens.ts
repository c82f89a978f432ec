/** Colours, sizes and fonts, for light and dark. All other rules use only these. */
export const TOKENS = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #ffffff; --soft: #eff1f5; --line: #dde1e8; --edge: #7f8896;
  --text: #161a21; --quiet: #545e6d;
  --accent: #3a4dcf; --accent-hover: #2c3cae; --on-accent: #ffffff; --accent-soft: #eaedfd;
  --good: #13653a; --good-soft: #e3f4e9; --bad: #ab241c; --bad-soft: #fdebe9;
  --warn: #7a4b00; --warn-soft: #fcf0d8;
  --radius: 0.5rem; --radius-large: 0.875rem;
  --shadow: 0 1px 2px rgb(16 24 40 / 5%), 0 4px 12px rgb(16 24 40 / 5%);
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1116; --surface: #161b22; --soft: #1f262f; --line: #2b333e; --edge: #77818f;
    --text: #e7eaef; --quiet: #a0aab8;
    --accent: #97a6ff; --accent-hover: #b3beff; --on-accent: #10142b; --accent-soft: #20274a;
    --good: #7ed9a0; --good-soft: #12301f; --bad: #ffa79f; --bad-soft: #3b1a18;
    --warn: #f0c274; --warn-soft: #35270c;
    --shadow: 0 0 0 1px rgb(255 255 255 / 2%);
  }
}`
