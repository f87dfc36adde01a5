/** Tables of the HTML report. */
import { escaped } from './escaped.ts';

/** A browser shows no more in reasonable time. */
const MOST_ROWS = 10_000;

/** Heads of columns whose values are compared from row to row. */
const amounts = new Set(['Copied', 'Left out', 'Tables', 'With rows', 'Rows', 'Size']);

/** A table; of many rows the first, with how many more there are. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  most: number = MOST_ROWS,
): string {
  const heads = head.map((name) => `<th${amounts.has(name) ? ' class="amount"' : ''}>${escaped(name)}</th>`).join('');
  const cells = (values: readonly (string | number)[]) => values.map((value, index) => cell(head[index] ?? '', value));
  const shown = rows.slice(0, most).map((values) => `<tr>${cells(values).join('')}</tr>`);
  const more = rows.length - shown.length;
  return `<table><thead><tr>${heads}</tr></thead>
<tbody>${shown.join('\n')}</tbody></table>${more > 0 ? `<p>And ${numberText(more)} more, which the report as JSON has.</p>` : ''}`;
}

const LONGEST_SHORT = 16;

/** On a narrow screen the head of its column stands beside it. */
function cell(label: string, value: string | number): string {
  const text = typeof value === 'number' ? numberText(value) : value;
  const shape = amounts.has(label) ? 'amount' : text.length <= LONGEST_SHORT ? 'short' : 'long';
  return `<td class="${shape}" data-label="${escaped(label)}">${escaped(text)}</td>`;
}

/** A number with its thousands apart. */
export function numberText(value: number): string {
  return value.toLocaleString('en');
}
