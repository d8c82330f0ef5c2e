// A form for a request body, of a POST that creates or (patch) of a PATCH that changes: as fields or as JSON. What the fields do not know is kept when going back and forth.
import { Element, html, inSync, nothing } from '../app/element.js';
import { api, Creation } from '../app/api.js';
import { problem } from './states.js';

/**
 * One field: {at: ['resource_requirements','cpu'], label, kind: text|number|select|lines|list|json|own, options, hint,
 * required, when?(body), changed?(body, text)}. An own one draws itself by view(value, set), on values instead of text.
 */
class BodyForm extends Element {
  static properties = {
    fields: { attribute: false },
    body: { attribute: false },
    to: { attribute: false },
    action: { attribute: false },
    patch: { attribute: false },
    done: { attribute: false },
    mode: { state: true },
    error: { state: true },
    busy: { state: true },
  };

  #creation = new Creation();

  constructor() {
    super();
    this.fields = [];
    this.body = {};
    this.mode = 'fields';
    this.patch = false;
    this.error = null;
    this.busy = false;
    this.text = '';
    this.drafts = new Map();
  }

  firstUpdated() {
    this.querySelector('.field input, .field select')?.focus();
  }

  render() {
    return html`<form @submit=${(e) => this.#submit(e)} novalidate>
      <div class="tabs" role="group" aria-label="How to fill it in">
        ${['fields', 'json'].map((mode) => html`<button type="button" class="tab" aria-pressed=${this.mode === mode}
          @click=${() => this.#switch(mode)}>${mode === 'json' ? 'JSON' : 'Fields'}</button>`)}
      </div>
      ${this.mode === 'json' ? this.#asText() : html`<div class="fields">${this.#shown().map((f) => this.#field(f))}</div>`}
      ${problem(this.error, this.mode === 'fields' ? this.fields.map(pointer) : [])}
      <div class="buttons">
        <button type="button" class="button" @click=${() => this.done(undefined)}>Close</button>
        <button class="button primary" ?disabled=${this.busy}>${this.action}</button>
      </div>
    </form>`;
  }

  #asText() {
    return html`<label class="field whole">Body of ${this.patch ? 'PATCH' : 'POST'} /api/v1${this.to}
      <textarea rows="16" spellcheck="false" .value=${inSync(this.text)} @input=${(e) => (this.text = e.target.value)}></textarea>
    </label>`;
  }

  /** Those that this body has a use for. */
  #shown() {
    return this.fields.filter((field) => !field.when || field.when(this.body));
  }

  #field(field) {
    if (field.kind === 'own') return this.#own(field);
    const id = `f-${field.at.join('-')}`;
    const refused = this.error?.at?.(pointer(field));
    const set = (e) => this.#set(field, e.target.value);
    const value = this.drafts.get(field) ?? write(field, read(this.body, field.at));
    const described = refused ? `${id}-bad` : field.hint ? `${id}-hint` : nothing;
    const attributes = { id, value, set, described, refused };
    return html`<div class="field ${field.kind === 'json' || field.kind === 'lines' ? 'whole' : ''}">
      <label for=${id}>${field.label}${field.required ? html` <span class="required">required</span>` : nothing}</label>
      ${input(field, attributes)}
      ${refused ? html`<p class="refused" id="${id}-bad">${refused}</p>` : nothing}
      ${field.hint && !refused ? html`<p class="hint" id="${id}-hint">${field.hint}</p>` : nothing}
    </div>`;
  }

  #own(field) {
    const refused = this.error?.at?.(pointer(field));
    const value = this.drafts.has(field) ? this.drafts.get(field) : read(this.body, field.at);
    return html`<fieldset class="field whole"><legend>${field.label}</legend>
      ${field.hint ? html`<p class="hint">${field.hint}</p>` : nothing}
      ${field.view(value, (changed) => this.#set(field, changed))}
      ${refused ? html`<p class="refused">${refused}</p>` : nothing}
    </fieldset>`;
  }

  #set(field, text) {
    this.drafts.set(field, text);
    try {
      if (field.changed) {
        this.body = field.changed(this.#collect(), text);
        this.drafts.clear();
      }
    } catch (e) {
      this.error = e;
    }
    this.requestUpdate();
  }

  /** The body with what was typed; fails with the name of the field that does not read as JSON. */
  #collect() {
    let body = structuredClone(this.body);
    for (const [field, text] of this.drafts) {
      body = assign(body, field.at, parse(field, text));
    }
    return body;
  }

  #switch(mode) {
    if (mode === this.mode) return;
    try {
      if (mode === 'json') this.text = JSON.stringify(this.#collect(), null, 2);
      else this.body = parseJson(this.text, 'The body');
      this.drafts.clear();
      this.error = null;
      this.mode = mode;
    } catch (e) {
      this.error = e;
    }
  }

  async #submit(event) {
    event.preventDefault();
    this.busy = true;
    this.error = null;
    try {
      const body = this.mode === 'json' ? parseJson(this.text, 'The body') : this.#collect();
      this.done(await (this.patch ? api.patch(this.to, body) : this.#creation.send(this.to, body)));
    } catch (e) {
      this.error = e;
      await this.updateComplete;
      this.#showRefused();
    } finally {
      this.busy = false;
    }
  }

  #showRefused() {
    const field = this.querySelector('[aria-invalid]');
    if (field) field.focus();
    else this.querySelector('.notice')?.scrollIntoView({ block: 'nearest' });
  }
}

function input(field, { id, value, set, described, refused }) {
  const invalid = refused ? 'true' : nothing;
  if (field.kind === 'select') {
    return html`<select id=${id} aria-describedby=${described} aria-invalid=${invalid} @change=${set}>
      ${field.options.map(([v, text]) => html`<option value=${v} ?selected=${String(v) === value}>${text}</option>`)}
    </select>`;
  }
  if (field.kind === 'json' || field.kind === 'lines') {
    return html`<textarea id=${id} rows=${field.rows ?? 3} spellcheck="false" aria-describedby=${described}
      aria-invalid=${invalid} .value=${inSync(value)} @input=${set}></textarea>`;
  }
  return html`<input id=${id} type="text" inputmode=${field.kind === 'number' ? 'decimal' : 'text'} autocomplete="off"
    aria-describedby=${described} aria-invalid=${invalid} .value=${inSync(value)} @input=${set}>`;
}

const pointer = (field) => `/${field.at.join('/')}`;
const read = (body, at) => at.reduce((value, key) => value?.[key], body);

function assign(body, [key, ...rest], value) {
  const inner = rest.length > 0 ? assign(body[key] ?? {}, rest, value) : value;
  const { [key]: old, ...others } = body;
  const nothingLeft = inner === undefined || (rest.length > 0 && Object.keys(inner).length === 0);
  return nothingLeft ? others : { ...others, [key]: inner };
}

function write(field, value) {
  if (value === undefined || value === null) return '';
  if (field.kind === 'lines') return value.join('\n');
  if (field.kind === 'list') return value.join(', ');
  return field.kind === 'json' ? JSON.stringify(value, null, 2) : String(value);
}

/** Empty means: leave it out. A number that is none goes to the server as typed, which says what is wrong. */
function parse(field, text) {
  if (field.kind === 'own') return text;
  if (text.trim() === '') return undefined;
  if (field.kind === 'number' || field.numeric) return Number.isNaN(Number(text)) ? text : Number(text);
  if (field.kind === 'lines') return text.split('\n').filter((line) => line !== '');
  if (field.kind === 'list') return splitValues(text);
  return field.kind === 'json' ? parseJson(text, field.label) : text.trim();
}

/** "1, 2, adam" as [1, 2, "adam"]: what reads as JSON is that, the rest is text. */
export function splitValues(text) {
  return text.split(',').map((part) => part.trim()).filter((part) => part !== '').map((part) => {
    try {
      return JSON.parse(part);
    } catch {
      return part;
    }
  });
}

function parseJson(text, what) {
  try {
    return JSON.parse(text);
  } catch (e) {
    throw new Error(`${what} is not JSON: ${e.message}`);
  }
}

customElements.define('sm-body-form', BodyForm);
