// A list of small records in a form: variants, guardrails, parameters. Keeps what was typed as text and tells values.
import { Element, html, inSync, nothing, repeat } from '../app/element.js';
import { splitValues } from './body-form.js';

/** columns: [{name, label, kind: text|number|select|json|list, options?(row, host), hint?, double?, also?(text), when?(row)}…] */
class RowsField extends Element {
  static properties = {
    columns: { attribute: false },
    value: { attribute: false },
    changed: { attribute: false },
    noun: { attribute: false },
    fresh: { attribute: false },
  };

  #next = 0;
  #told = null;

  constructor() {
    super();
    this.columns = [];
    this.value = [];
    this.noun = 'row';
    this.rows = [];
    this.fresh = () => ({});
  }

  /** A value that did not come from here is taken over, such as after an edit of the JSON. */
  willUpdate(changed) {
    if (changed.has('value') && this.value !== this.#told) this.rows = (this.value ?? []).map((one) => this.#row(one));
  }

  #row(one) {
    const typed = {};
    for (const { name, kind } of this.columns) {
      const value = one[name];
      if (value === undefined || value === null) continue;
      typed[name] = kind === 'json' ? JSON.stringify(value) : kind === 'list' ? value.join(', ') : String(value);
    }
    return { key: this.#next++, typed, one };
  }

  render() {
    return html`
      ${repeat(this.rows, (row) => row.key, (row, i) => html`<div class="row-box" role="group" aria-label="${this.noun} ${i + 1}">
        ${this.columns.filter((c) => !c.when || c.when(row.typed)).map((column) => this.#input(column, row, i))}
        <button type="button" class="button quiet remove" aria-label="Remove ${this.noun} ${i + 1}" title="Remove" @click=${() => this.#remove(row)}>×</button>
      </div>`)}
      <button type="button" class="button" @click=${() => this.#add()}>Add ${this.noun}</button>`;
  }

  #input(column, row, i) {
    const { name, label, kind } = column;
    const text = row.typed[name] ?? '';
    const set = (e) => this.#set(row, column, e.target.value);
    const bad = kind === 'json' && text.trim() !== '' && asJson(text) === undefined;
    const invalid = bad ? 'true' : nothing;
    if (kind === 'json') {
      return html`<label class="field wide">${label}<textarea rows="2" data-name=${name} spellcheck="false" placeholder=${column.hint ?? ''}
        aria-invalid=${invalid} .value=${inSync(text)} @input=${set}></textarea>
        ${bad ? html`<span class="refused">This is not JSON yet.</span>` : nothing}</label>`;
    }
    const control = kind === 'select'
      ? html`<select data-name=${name} @change=${set}>${column.options(row.typed, this).map(([v, shown]) => html`<option value=${v} ?selected=${String(v) === text}>${shown}</option>`)}</select>`
      : html`<input type="text" data-name=${name} autocomplete="off" spellcheck="false" inputmode=${kind === 'number' ? 'decimal' : 'text'}
          placeholder=${column.hint ?? ''} .value=${inSync(text)} @input=${set}>`;
    return html`<label class="field ${column.double ? 'double' : ''}">${typeof label === 'function' ? label(i) : label}${control}</label>`;
  }

  #set(row, column, text) {
    row.typed = { ...row.typed, [column.name]: text, ...column.also?.(text) };
    this.#tell();
  }

  #add() {
    this.rows = [...this.rows, this.#row(this.fresh(this.rows.length))];
    this.#tell();
  }

  #remove(row) {
    this.rows = this.rows.filter((other) => other !== row);
    this.#tell();
  }

  #tell() {
    this.#told = this.rows.map((row) => this.#parsed(row));
    this.value = this.#told;
    this.changed(this.#told);
    this.requestUpdate();
  }

  /** What a column does not know is kept; empty and hidden ones are left out. */
  #parsed({ typed, one }) {
    const parsed = { ...one };
    for (const column of this.columns) {
      const text = (typed[column.name] ?? '').trim();
      if (text === '' || (column.when && !column.when(typed))) delete parsed[column.name];
      else parsed[column.name] = value(column, text);
    }
    return parsed;
  }
}

/** What does not read as it should goes to the server as typed, which says what is wrong. */
function value({ kind, numeric }, text) {
  if (kind === 'number' || numeric) return Number.isNaN(Number(text)) ? text : Number(text);
  if (kind === 'list') return splitValues(text);
  return kind === 'json' ? (asJson(text) ?? text) : text;
}

function asJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

customElements.define('sm-rows-field', RowsField);
