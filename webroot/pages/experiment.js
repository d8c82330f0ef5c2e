// One experiment: first what may be said, then what it rests on. Live while it runs.
import { Page, html, nothing } from '../app/element.js';
import { api, path } from '../app/api.js';
import { between, duration, money, number, time, words } from '../app/format.js';
import { href } from '../app/router.js';
import { session } from '../app/session.js';
import { isOver } from '../app/verdict.js';
import { badge, simulatedMark } from '../components/badge.js';
import { facts, figure, json } from '../components/facts.js';
import { budget } from '../components/progress.js';
import { chartToCome, empty, loadedOr } from '../components/states.js';
import { caseTable, comparisonVerdict, guardrailTable, sweepVerdict, variantTable } from '../components/verdict.js';
import { cancelExperiment, trialsBar } from './experiments.js';
import '../components/curves.js';
import '../components/parallel.js';
import '../components/trials.js';

/** Changes come with each step of each run; the results are read together. */
const RESULTS_EVERY = 1500;
const KINDS = { compare: 'comparison', sweep: 'sweep', benchmark: 'run of a suite' };

class Experiment extends Page {
  static properties = { experimentId: { attribute: false } };

  #due = null;

  topics() {
    return [`experiment:${this.experimentId}`];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#due);
  }

  async load(signal) {
    const base = path`/experiments/${this.experimentId}`;
    const [experiment, result] = await Promise.all([api.get(base, {}, signal), api.get(`${base}/results`, {}, signal)]);
    this.experiment = experiment;
    this.#take(result);
  }

  /** What the results say of the experiment counts as well: a hint of a change may have been lost. */
  #take(result) {
    const trials = {};
    for (const { state } of result.trials) trials[state] = (trials[state] ?? 0) + 1;
    this.experiment = { ...this.experiment, ...result.experiment, trials };
    this.result = result;
    this.groups = groups(result);
    this.simulated = result.trials.some((trial) => trial.simulated === true);
  }

  frame(frame) {
    if (!this.loaded) return;
    if (frame.type === 'experiment') this.experiment = { ...this.experiment, ...frame.experiment };
    else if (frame.type === 'experiment_progress') this.experiment = { ...this.experiment, ...frame.progress };
    else return;
    this.#due ??= setTimeout(() => {
      this.#due = null;
      this.#readResults();
    }, RESULTS_EVERY);
  }

  async #readResults() {
    try {
      this.#take(await api.get(path`/experiments/${this.experimentId}/results`));
      this.error = null;
    } catch (e) {
      this.error = e;
    }
    this.requestUpdate();
  }

  render() {
    return html`
      <nav class="crumbs" aria-label="Breadcrumb"><a href="#/experiments">Experiments</a></nav>
      ${loadedOr(this, () => this.#content())}`;
  }

  #content() {
    const { experiment, result } = this;
    return html`
      <div class="head"><h1>${experiment.name}</h1>${badge(experiment.state)}${simulatedMark(this)}
        <span class="reason">${KINDS[experiment.kind] ?? words(experiment.kind)}</span>
        ${session.can('developer') && !isOver(experiment) ? html`<button class="button danger push" id="cancel"
          ?disabled=${experiment.state === 'stopping'} @click=${() => this.#cancel()}>Cancel experiment</button>` : nothing}</div>
      ${experiment.description ? html`<p class="lead">${experiment.description}</p>` : nothing}
      ${this.#verdict()}
      ${this.#why()}
      ${this.#figures()}
      ${result.variants ? html`<section class="panel"><h2>Variants</h2>${variantTable(result)}</section>${guardrailTable(result)}` : nothing}
      ${result.cases ? html`<section class="panel"><h2>Cases</h2>${caseTable(result.cases, result.complete)}</section>` : nothing}
      ${this.#curves()}
      ${this.#coordinates()}
      <section class="panel"><sm-trials .experiment=${experiment} .trials=${result.trials} .metric=${result.metric?.name ?? 'Value'}></sm-trials></section>
      <section class="panel"><h2>Settings</h2>${this.#facts()}</section>`;
  }

  #verdict() {
    const { experiment, result } = this;
    if (experiment.kind === 'compare') return comparisonVerdict(result, experiment);
    if (experiment.kind === 'sweep') return sweepVerdict(result);
    return html`<div class="notice"><p><strong>Agent ${experiment.agent_id} in version ${experiment.agent_version}</strong> runs a suite.
      <a href=${href(`/benchmarks/${experiment.benchmark_id}`, { agent: experiment.agent_id })}>Its leaderboard and history</a> compare versions.</p></div>`;
  }

  #why() {
    const { state, reason, message } = this.experiment;
    if (!reason && !message) return nothing;
    return html`<div class="notice ${state === 'failed' ? 'bad' : ''}"><p><strong>${words(reason)}</strong> ${message ?? ''}</p></div>`;
  }

  #figures() {
    const { experiment } = this;
    const over = isOver(experiment);
    return html`<section class="figures" aria-label="Figures">
      <div class="figure-box grow"><div class="name">Trials ended</div><div class="value">${trialsBar(experiment)}</div>
        <div class="note">${this.#states()}</div></div>
      <div class="figure-box grow"><div class="name">Spent of the budget</div><div class="value">${budget(experiment.cost, experiment.budget_limit, money)}</div>
        <div class="note">${this.simulated ? 'simulated runs' : ''}</div></div>
      ${figure(over ? 'Took' : 'Runs for', duration(between(experiment.created_at, experiment.finished_at)), `begun ${time(experiment.created_at)}`)}
    </section>`;
  }

  #states() {
    const counts = Object.entries(this.experiment.trials ?? {});
    return counts.map(([state, n]) => `${number(n)} ${words(state)}`).join(', ');
  }

  #curves() {
    const many = this.result.trials.length > 100 ? 'The best hundred trials are drawn. ' : '';
    const means = this.experiment.kind === 'sweep' ? '' : 'Thick: the mean, where at least half of a variant\'s trials have a value; band: one standard deviation; thin: each trial.';
    const none = isOver(this.experiment) ? empty('No trial reported the metric.') : chartToCome('No trial has reported the metric yet.');
    return html`<section class="panel"><h2>Curves</h2>
      ${this.groups.length === 0 ? none : html`<div class="charts wide">${this.groups.map((chart) => html`<sm-curves .label=${chart.metric} .groups=${chart.groups}></sm-curves>`)}</div>
        <p class="reason">${many}${means}</p>`}</section>`;
  }

  #coordinates() {
    const found = this.result.parallel_coordinates;
    if (!found) return nothing;
    return html`<section class="panel"><h2>Hyperparameters and ${this.result.metric.name}</h2>
      <sm-parallel .axes=${found.axes} .lines=${found.lines} .best=${this.result.best?.trial ?? null}></sm-parallel></section>`;
  }

  #facts() {
    const { experiment } = this;
    const { spec } = experiment;
    const policy = spec?.checkpoints;
    const deleted = this.result.trials.filter((trial) => trial.checkpoints_deleted).length;
    return facts([
      ['Id', html`<code>${experiment.id}</code>`],
      ['Owner', experiment.owner],
      ['Runs at once', number(experiment.max_concurrent)],
      ['Metric', spec?.metric && `${spec.metric.name}, ${spec.metric.direction}, ${spec.metric.count === 'best' ? 'best' : 'last'} value`],
      ['Baseline', this.result.baseline],
      ['Smallest difference that matters', this.result.variants && (this.result.min_effect === null ? 'not said' : number(this.result.min_effect))],
      ['Checkpoints', `${!policy || policy.keep === 'all' ? 'All are kept' : `Kept of the ${policy.keep} ${number(policy.count ?? 1)}`}; deleted of ${number(deleted)}`],
      ['Finished', time(experiment.finished_at)],
      ['Specification', json(spec)],
    ]);
  }

  async #cancel() {
    const changed = await cancelExperiment(this.experiment);
    if (changed) this.experiment = { ...this.experiment, state: changed.state, reason: changed.reason, message: changed.message };
    this.requestUpdate();
  }
}

/** Curves by metric: variants with their means; of a sweep the best before all others. */
function groups(result) {
  const charts = new Map();
  const best = result.best?.trial;
  const sweep = Boolean(result.parallel_coordinates);
  for (const curve of result.curves) {
    if (!charts.has(curve.metric)) charts.set(curve.metric, new Map());
    const name = !sweep ? curve.variant : curve.trial === best ? `best: ${curve.variant}` : 'other trials';
    const found = charts.get(curve.metric);
    if (!found.has(name)) found.set(name, { name, plain: name === 'other trials', curves: [] });
    found.get(name).curves.push(curve.points);
  }
  const order = (result.variants ?? []).map((variant) => variant.name);
  return [...charts].map(([metric, found]) => ({
    metric,
    groups: [...found.values()].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name) || Boolean(a.plain) - Boolean(b.plain)),
  }));
}

customElements.define('page-experiment', Experiment);
