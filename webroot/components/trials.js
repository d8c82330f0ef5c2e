// The trials of an experiment as a table to sort, and as a file.
import { Element, html, nothing } from '../app/element.js';
import { csv, saveText } from '../app/csv.js';
import { money, number, words } from '../app/format.js';
import { href } from '../app/router.js';
import { known } from '../app/verdict.js';
import { badge, simulatedMark } from './badge.js';
import { sorted, table } from './table.js';
import { shown } from './verdict.js';

const FIRST = 100;
const MOST_NAMES = 8;
const FINAL = ['succeeded', 'failed', 'cancelled', 'stopped'];

/** Names of hyperparameters that differ between trials; those worth a column. */
export function differing(trials) {
  const names = new Set(trials.flatMap((trial) => Object.keys(trial.hyperparameters ?? {})));
  return [...names].filter((name) => new Set(trials.map((trial) => JSON.stringify(trial.hyperparameters?.[name]))).size > 1);
}

class Trials extends Element {
  /** experiment; trials as in the results; metric: its name; keeps: the policy for checkpoints. */
  static properties = {
    experiment: { attribute: false },
    trials: { attribute: false },
    metric: { attribute: false },
    order: { state: true },
    all: { state: true },
  };

  constructor() {
    super();
    this.trials = [];
    this.metric = 'value';
    this.order = { name: 'Trial', down: false, choose: (order) => (this.order = { ...this.order, ...order }) };
    this.all = false;
  }

  render() {
    const names = differing(this.trials);
    const many = this.trials.length > FIRST && !this.all;
    return html`
      <div class="panel-head"><h2>Trials</h2>
        <button class="button quiet" id="csv" @click=${() => this.#save()}>Download CSV</button></div>
      ${table({ label: 'Trials', columns: this.#columns(names), rows: many ? this.#first(names) : this.trials, key: (t) => t.trial, none: 'No trial is planned.', order: this.order })}
      ${many ? html`<button class="button" @click=${() => (this.all = true)}>Show all ${number(this.trials.length)}</button>` : nothing}
      ${names.length > MOST_NAMES ? html`<p class="reason">${number(names.length - MOST_NAMES)} more hyperparameters differ; the file has all.</p>` : nothing}`;
  }

  /** Sorted before it is cut. */
  #first(names) {
    return sorted(this.#columns(names), this.trials, this.order).slice(0, FIRST);
  }

  #columns(names) {
    const mixed = this.trials.some((t) => t.simulated === false); // else the page's head says it of all
    const compared = this.experiment?.kind !== 'sweep';
    return [
      { name: 'Trial', lead: true, by: (t) => t.trial, cell: (t) => html`${this.#link(t)} ${mixed ? simulatedMark(t) : nothing}` },
      compared && { name: 'Variant', by: (t) => t.variant, cell: (t) => t.variant },
      { name: 'State', by: (t) => t.state, cell: (t) => html`${badge(t.state)}${t.reason ? html` <span class="reason" title=${t.message ?? nothing}>${words(t.reason)}</span>` : ''}` },
      { name: this.metric, right: true, by: (t) => t.value, cell: (t) => known(t.value, FINAL.includes(t.state)) },
      { name: 'Cost', right: true, by: (t) => (t.job_id ? t.cost : null), cell: (t) => (t.job_id ? money(t.cost) : '–') },
      ...names.slice(0, MOST_NAMES).map((name) => ({
        name, right: true, extra: true, by: (t) => t.hyperparameters?.[name], cell: (t) => shown(t.hyperparameters?.[name]),
      })),
      compared && { name: 'Seed', right: true, extra: true, by: (t) => t.seed, cell: (t) => String(t.seed) },
      { name: 'Steps', right: true, extra: true, by: (t) => t.steps, cell: (t) => known(t.steps, FINAL.includes(t.state)) },
      { name: 'Checkpoints', extra: true, cell: (t) => this.#checkpoints(t) },
    ].filter(Boolean);
  }

  #link(t) {
    return t.job_id ? html`<a href=${href(`/jobs/${t.job_id}`)} aria-label="Job of trial ${t.trial}">${t.trial}</a>` : String(t.trial);
  }

  /** Whether a job wrote any is known by its artifacts only. */
  #checkpoints(t) {
    if (t.checkpoints_deleted) return html`<span class="reason">deleted</span>`;
    if (!t.job_id) return '–';
    if (!FINAL.includes(t.state)) return html`<span class="reason">it runs</span>`;
    return html`<span title="Not deleted; the job's artifacts say whether it wrote any">kept</span>`;
  }

  #save() {
    const names = [...new Set(this.trials.flatMap((t) => Object.keys(t.hyperparameters ?? {})))];
    const metrics = [...new Set(this.trials.flatMap((t) => Object.keys(t.metrics ?? {})))];
    const columns = [
      ...['trial', 'variant', 'seed', 'agent_id', 'agent_version', 'state', 'reason', 'job_id', 'simulated'].map((name) => [name, (t) => t[name]]),
      [this.metric, (t) => t.value],
      ...['steps', 'cost', 'checkpoints_deleted', 'finished_at'].map((name) => [name, (t) => t[name]]),
      ...names.map((name) => [`hyperparameters.${name}`, (t) => t.hyperparameters?.[name]]),
      ...metrics.map((name) => [`metrics.${name}`, (t) => t.metrics?.[name]]),
    ];
    saveText(`experiment-${this.experiment.id}.csv`, csv(columns, this.trials));
  }
}

customElements.define('sm-trials', Trials);
