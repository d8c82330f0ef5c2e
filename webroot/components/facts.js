import { html } from '../app/element.js';
import { DASH } from '../app/format.js';

/** A list of names and values; an absent value is a dash. */
export function facts(pairs) {
  return html`<dl class="facts">
    ${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value ?? DASH}</dd></div>`)}
  </dl>`;
}

export function json(value) {
  const isEmpty = value === null || value === undefined || Object.keys(value).length === 0;
  return isEmpty ? DASH : html`<pre class="json">${JSON.stringify(value, null, 2)}</pre>`;
}

export function figure(name, value, note = '') {
  return html`<div class="figure-box"><div class="name">${name}</div><div class="value">${value}</div><div class="note">${note}</div></div>`;
}
