import { html, nothing, repeat } from '../app/element.js';
import { empty } from './states.js';

/**
 * columns: {name, cell(row), right?, extra?, lead?, by?(row)}. lead is the row's heading; extra ones hide on narrow
 * screens. key(row) keeps rows in place when the list changes. order: {name, down, choose(order)}; columns with by() can
 * then be chosen to sort by.
 */
export function table({ label, columns, rows, key, none, order = null }) {
  if (rows.length === 0) return empty(none);
  const kind = (c) => [c.right && 'right', c.extra && 'extra', c.lead && 'row-head'].filter(Boolean).join(' ') || nothing;
  const cell = (c, row) =>
    c.lead ? html`<th scope="row" class=${kind(c)}>${c.cell(row)}</th>` : html`<td class=${kind(c)}>${c.cell(row)}</td>`;
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${label}>
    <table>
      <thead><tr>${columns.map((c) => html`<th scope="col" class=${kind(c)} aria-sort=${direction(c, order)}>${heading(c, order)}</th>`)}</tr></thead>
      <tbody>${repeat(sorted(columns, rows, order), key, (row) => html`<tr>${columns.map((c) => cell(c, row))}</tr>`)}</tbody>
    </table>
  </div>`;
}

function direction(column, order) {
  if (!order || !column.by) return nothing;
  return order.name !== column.name ? 'none' : order.down ? 'descending' : 'ascending';
}

function heading(column, order) {
  if (!order || !column.by) return column.name;
  const chosen = order.name === column.name;
  const choose = () => order.choose({ name: column.name, down: chosen && !order.down });
  return html`<button type="button" class="sort" @click=${choose}>${column.name}<span aria-hidden="true">${chosen ? (order.down ? '↓' : '↑') : ''}</span></button>`;
}

/** Unknown values come last, whatever the direction. */
export function sorted(columns, rows, order) {
  const by = order && columns.find((column) => column.name === order.name)?.by;
  if (!by) return rows;
  const absent = (value) => value === null || value === undefined;
  const compare = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true }));
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    if (absent(x) || absent(y)) return absent(x) - absent(y);
    return order.down ? compare(y, x) : compare(x, y);
  });
}
