// Budgets by period: what is spent of each and when it begins anew. Operators make, change and delete them here.
import { Element, html, nothing } from '../app/element.js';
import { api, path } from '../app/api.js';
import { between, duration, money, number, words } from '../app/format.js';
import { session } from '../app/session.js';
import { confirm, openDialog } from './dialog.js';
import { bar } from './progress.js';
import { table } from './table.js';
import { attempt } from './toast.js';
import './body-form.js';

const EVERY = 5000;
const MOST = 1000;
const TONES = { exhausted: 'bad', warning: 'warn' };
const choices = (...values) => values.map((value) => [value, words(value)]);

const CHANGEABLE = [
  { at: ['name'], label: 'Name', kind: 'text', required: true },
  { at: ['limit'], label: 'Limit', kind: 'text', required: true, hint: 'Dollars or GPU-seconds in each period' },
  { at: ['on_exhaust'], label: 'When it is spent', kind: 'select', options: [
    ['block', 'block: nothing starts'], ['drain', 'drain: nothing new is taken'], ['stop', 'stop: what runs is stopped']] },
];
const FIELDS = [
  CHANGEABLE[0],
  { at: ['scope'], label: 'For', kind: 'select', options: choices('everyone', 'user', 'queue', 'agent'), required: true },
  { at: ['scope_id'], label: 'Which', kind: 'text', hint: 'User name, queue name or agent id; empty for everyone' },
  { at: ['period'], label: 'Each', kind: 'select', options: choices('hour', 'day', 'month'), required: true },
  { at: ['unit'], label: 'Counts', kind: 'select', options: [['currency', 'dollars'], ['gpu_seconds', 'GPU-seconds']], required: true },
  ...CHANGEABLE.slice(1),
];
const PLAIN = { name: '', scope: 'everyone', period: 'day', unit: 'currency', limit: '', on_exhaust: 'block' };

const amount = (budget, value) => (budget.unit === 'currency' ? money(value) : `${number(value)} GPU-s`);

class Budgets extends Element {
  static properties = { budgets: { state: true }, error: { state: true } };

  #timer = null;

  constructor() {
    super();
    this.budgets = null;
    this.error = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#timer = setInterval(() => document.hidden || this.#read(), EVERY);
    this.#read();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  async #read() {
    try {
      this.budgets = await api.all('/budgets', {}, MOST);
      this.error = null;
    } catch (e) {
      this.error = e;
    }
  }

  render() {
    const writes = session.can('operator');
    if (!this.error && (this.budgets === null || (this.budgets.length === 0 && !writes))) return nothing;
    return html`<section class="panel">
      <div class="head"><h2>Budgets</h2>
        ${writes ? html`<button class="button push" id="new-budget" @click=${() => this.#create()}>New budget</button>` : nothing}</div>
      ${this.error ? html`<div class="notice bad" role="alert"><p>${this.error.message}</p></div>` : nothing}
      ${table({ label: 'Budgets', columns: this.#columns(writes), rows: this.budgets ?? [], key: (b) => b.id,
        none: 'No budget by hour, day or month is set.' })}
    </section>`;
  }

  #columns(writes) {
    const columns = [
      { name: 'Budget', lead: true, cell: (b) => b.name },
      { name: 'For', cell: (b) => (b.scope === 'everyone' ? 'everyone' : `${b.scope} ${b.scope_name ?? b.scope_id}`) },
      { name: 'Spent', cell: (b) => bar(b.percent / 100, `Spent of ${b.name}`,
        `${amount(b, b.spent)} of ${amount(b, b.limit)}`, TONES[b.state] ?? '') },
      { name: 'Resets in', cell: (b) => html`<span title="each ${b.period}, UTC">${duration(-between(b.resets_at))}</span>` },
      { name: 'When spent', extra: true, cell: (b) => b.on_exhaust },
    ];
    const actions = { name: '', cell: (b) => html`
      <button class="button quiet" aria-label="Change ${b.name}" @click=${() => this.#change(b)}>Change</button>
      <button class="button quiet" aria-label="Delete ${b.name}" @click=${() => this.#delete(b)}>Delete</button>` };
    return writes ? [...columns, actions] : columns;
  }

  async #create() {
    await openDialog('New budget', (close) => html`<sm-body-form .fields=${FIELDS} .body=${PLAIN} .to=${'/budgets'}
      .action=${'Create budget'} .done=${close}></sm-body-form>`, true);
    await this.#read();
  }

  async #change({ id, name, limit, on_exhaust }) {
    const body = { name, limit, on_exhaust };
    await openDialog(`Change ${name}`, (close) => html`<sm-body-form .fields=${CHANGEABLE} .body=${body} .patch=${true}
      .to=${path`/budgets/${id}`} .action=${'Change budget'} .done=${close}></sm-body-form>`, true);
    await this.#read();
  }

  async #delete({ id, name }) {
    const yes = await confirm({ title: `Delete ${name}?`, text: 'Jobs that wait for it may start at once.', action: 'Delete budget', danger: true });
    if (yes) await attempt(() => api.delete(path`/budgets/${id}`), `${name} is deleted.`);
    await this.#read();
  }
}

customElements.define('sm-budgets', Budgets);
