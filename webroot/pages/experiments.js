// Comparisons, sweeps and runs of suites: how far they are and what they came to.
import { Page, html, nothing } from '../app/element.js';
import { api, path } from '../app/api.js';
import { money, time, words } from '../app/format.js';
import { go, href } from '../app/router.js';
import { session } from '../app/session.js';
import { inShort, isOver, standing } from '../app/verdict.js';
import { badge } from '../components/badge.js';
import { confirm } from '../components/dialog.js';
import { bar, budget } from '../components/progress.js';
import { loadedOr } from '../components/states.js';
import { table } from '../components/table.js';
import { attempt } from '../components/toast.js';
import { createExperiment } from './experiment-dialog.js';

const KINDS = { compare: 'comparison', sweep: 'sweep', benchmark: 'benchmark' };
const STATES = ['running', 'stopping', 'succeeded', 'failed', 'cancelled'];

export function cancelText(experiment) {
  return [
    `No more runs of "${experiment.name}" are started, and those that go on are ended.`,
    'What its runs reported stays, and what they have cost so far stays charged. It cannot be taken up again.',
  ];
}

/** Resolves with the experiment as it is then, or undefined. */
export async function cancelExperiment(experiment) {
  const sure = await confirm({ title: 'Cancel this experiment?', text: cancelText(experiment), action: 'Cancel experiment', danger: true });
  return sure ? attempt(() => api.post(path`/experiments/${experiment.id}/cancel`), 'The experiment is being cancelled.') : undefined;
}

export function trialsBar(experiment) {
  const { planned, done } = standing(experiment.trials);
  return bar(planned > 0 ? done / planned : null, `Trials of ${experiment.name}`, planned > 0 ? `${done} of ${planned}` : '–');
}

class Experiments extends Page {
  topics() {
    return ['experiments'];
  }

  willUpdate(changed) {
    if (changed.has('query') && this.hasUpdated) {
      this.loaded = false;
      this.reload();
    }
  }

  async load(signal) {
    const page = await api.get('/experiments', this.#params(), signal);
    this.items = page.items;
    this.cursor = page.next_cursor;
  }

  #params(cursor = null) {
    const { state, kind, owner } = this.query;
    return { state, kind, owner, limit: 50, cursor };
  }

  async #more() {
    const page = await attempt(() => api.get('/experiments', this.#params(this.cursor)));
    if (!page) return;
    const known = new Set(this.items.map((one) => one.id));
    this.items = [...this.items, ...page.items.filter((one) => !known.has(one.id))];
    this.cursor = page.next_cursor;
    this.requestUpdate();
  }

  frame(frame) {
    if (!this.loaded) return;
    if (frame.type === 'experiment') this.#take(frame.experiment);
    if (frame.type === 'experiment_progress') this.#put(frame.experiment_id, frame.progress);
  }

  #take(experiment) {
    const { state, kind, owner } = this.query;
    const fits = (!state || state === experiment.state) && (!kind || kind === experiment.kind) && (!owner || owner === experiment.owner);
    if (!fits) this.items = this.items.filter((other) => other.id !== experiment.id);
    else if (this.items.some((other) => other.id === experiment.id)) this.#put(experiment.id, experiment);
    else if (experiment.created_at > (this.items[0]?.created_at ?? '')) this.items = [experiment, ...this.items];
  }

  #put(id, part) {
    this.items = this.items.map((other) => (other.id === id ? { ...other, ...part } : other));
  }

  render() {
    return html`
      <div class="head"><h1>Experiments</h1>
        ${session.can('developer') ? html`<div class="actions">
          <button class="button" id="new-sweep" @click=${() => this.#create('sweep')}>New sweep</button>
          <button class="button primary" id="new-comparison" @click=${() => this.#create('compare')}>New comparison</button></div>` : nothing}
      </div>
      <nav class="filters" aria-label="Filter by kind">${this.#chips('kind', Object.keys(KINDS), (kind) => `${KINDS[kind]}s`)}</nav>
      <nav class="filters" aria-label="Filter by state">${this.#chips('state', STATES, words)}</nav>
      ${loadedOr(this, () => html`<section class="panel">${table({
        label: 'Experiments', columns: this.#columns(), rows: this.items, key: (one) => one.id, none: this.#none() })}</section>
        ${this.cursor ? html`<div class="buttons"><button class="button" @click=${() => this.#more()}>Load more</button></div>` : nothing}`)}`;
  }

  #chips(name, values, text) {
    return ['', ...values].map((value) => html`<a class="chip" href=${href('/experiments', { ...this.query, [name]: value })}
      aria-current=${(this.query[name] ?? '') === value ? 'true' : nothing}>${value ? text(value) : `any ${name}`}</a>`);
  }

  #none() {
    if (this.query.state || this.query.kind || this.query.owner) return 'No experiment is like that.';
    return 'There are no experiments yet. A comparison says which of some variants is better; a sweep finds the best hyperparameters.';
  }

  #columns() {
    return [
      { name: 'Experiment', lead: true, cell: (one) => html`<a href=${href(`/experiments/${one.id}`)}>${one.name}</a>` },
      { name: 'Kind', extra: true, cell: (one) => KINDS[one.kind] ?? words(one.kind) },
      { name: 'State', cell: (one) => html`${badge(one.state)}${one.reason ? html` <span class="reason">${words(one.reason)}</span>` : ''}` },
      { name: 'Trials', cell: trialsBar },
      { name: 'Verdict or best', cell: (one) => this.#outcome(one) },
      { name: 'Spent', extra: true, cell: (one) => budget(one.cost, one.budget_limit, money) },
      { name: 'Owner', extra: true, cell: (one) => one.owner },
      { name: 'Begun', extra: true, cell: (one) => html`<time datetime=${one.created_at}>${time(one.created_at)}</time>` },
      { name: '', right: true, extra: true, cell: (one) => this.#cancel(one) },
    ];
  }

  #outcome(one) {
    if (one.kind === 'benchmark') return one.benchmark_id ? html`<a href=${href(`/benchmarks/${one.benchmark_id}`)}>leaderboard</a>` : 'unknown';
    const text = inShort(one);
    if (text) return html`${one.verdict?.winner ? html`<strong>${text}</strong>` : text}`;
    return html`<span class="reason">${isOver(one) ? 'unknown' : one.kind === 'compare' ? 'when all runs have ended' : 'no value yet'}</span>`;
  }

  #cancel(one) {
    if (!session.can('developer') || one.state !== 'running') return nothing;
    return html`<button class="button quiet" aria-label="Cancel ${one.name}" @click=${async () => {
      const changed = await cancelExperiment(one);
      if (changed) this.#put(one.id, { state: changed.state, reason: changed.reason });
      this.requestUpdate();
    }}>Cancel</button>`;
  }

  async #create(kind) {
    const made = await createExperiment(kind);
    if (made) go(`/experiments/${made.id}`);
  }
}

customElements.define('page-experiments', Experiments);
