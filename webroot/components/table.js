import { html, nothing, repeat } from '../app/element.js';
import { empty } from './states.js';

/**
 * columns: {name, cell(row), right?, extra?, lead?}. lead is the row's heading; extra ones hide on narrow screens.
 * key(row) keeps rows in place when the list changes.
 */
export function table({ label, columns, rows, key, none }) {
  if (rows.length === 0) return empty(none);
  const kind = (c) => [c.right && 'right', c.extra && 'extra', c.lead && 'row-head'].filter(Boolean).join(' ') || nothing;
  const cell = (c, row) =>
    c.lead ? html`<th scope="row" class=${kind(c)}>${c.cell(row)}</th>` : html`<td class=${kind(c)}>${c.cell(row)}</td>`;
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${label}>
    <table>
      <thead><tr>${columns.map((c) => html`<th scope="col" class=${kind(c)}>${c.name}</th>`)}</tr></thead>
      <tbody>${repeat(rows, key, (row) => html`<tr>${columns.map((c) => cell(c, row))}</tr>`)}</tbody>
    </table>
  </div>`;
}
