/** The style sheet of the HTML report. On a narrow screen each row of a table stands as a block, with its heads beside its values. */
export const style = `
:root { --ink: #1b1f24; --pale: #f4f6f8; --line: #d5dae0; --blocks: #b3261e; --warns: #8a5a00; --informs: #1f5fa8; --passed: #1c7c3a; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff; }
h1 { margin: 0; overflow-wrap: anywhere; }
h2 { border-bottom: 1px solid var(--line); margin-top: 2rem; }
h3 { margin: 1.5rem 0 .5rem; }
article h3 { margin-top: 0; }
.verdict { font-size: 1.25rem; font-weight: 600; }
.blocks .tag, .verdict.blocks { color: var(--blocks); }
.warns .tag { color: var(--warns); }
.informs .tag { color: var(--informs); }
.verdict.passed { color: var(--passed); }
.tag { text-transform: uppercase; font-size: .8rem; letter-spacing: .05em; }
article { border-left: 4px solid currentColor; background: var(--pale); padding: .75rem 1rem; margin: 1rem 0; break-inside: avoid; }
article.blocks { border-color: var(--blocks); }
article.warns { border-color: var(--warns); }
article.informs { border-color: var(--informs); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: .5rem 0; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #fff; border: 1px solid var(--line); padding: .5rem; }
a { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { background: var(--pale); white-space: nowrap; }
td.short { white-space: nowrap; }
td.long { min-width: 11rem; }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; margin: 1rem 0; font-weight: 600; }
footer { margin-top: 2rem; color: #57606a; font-size: .9rem; }
@media (max-width: 40rem) {
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .4rem; }
  thead { display: none; }
  table, tbody, tr, td { display: block; width: 100%; }
  tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
  td, td.amount { border: 0; padding: .1rem 0; text-align: left; }
  td[data-label]:not([data-label=""])::before { content: attr(data-label) ": "; font-weight: 600; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 11px; }
  a { color: inherit; text-decoration: none; }
  h2, h3 { break-after: avoid; }
  tr { break-inside: avoid; }
  details:not([open]) > summary::after { content: " (opened, it is printed)"; font-weight: 400; }
}
`;
