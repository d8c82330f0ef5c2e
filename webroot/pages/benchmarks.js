// Suites, and of one suite: who leads, and how an agent did from version to version.
import { Page, html, nothing } from '../app/element.js';
import { api, path } from '../app/api.js';
import { number, time } from '../app/format.js';
import { go, href } from '../app/router.js';
import { session } from '../app/session.js';
import { simulatedMark } from '../components/badge.js';
import { historyCharts, historyTable, leaderboard } from '../components/benchmark.js';
import { empty, loadedOr } from '../components/states.js';
import { table } from '../components/table.js';
import { attempt } from '../components/toast.js';
import { createSuite, runSuite } from './benchmark-dialog.js';

const MOST = 200;

class Benchmarks extends Page {
  topics() {
    return [];
  }

  async load(signal) {
    this.items = await api.all('/benchmarks', {}, MOST, signal);
  }

  render() {
    return html`
      <div class="head"><h1>Benchmarks</h1>
        ${session.can('developer') ? html`<button class="button primary push" id="new-suite" @click=${() => this.#create()}>New suite</button>` : nothing}</div>
      ${loadedOr(this, () => html`<section class="panel">${table({
        label: 'Suites', columns: COLUMNS, rows: this.items, key: (suite) => suite.id,
        none: 'There are no suites yet. A suite has cases that never change, so that versions of agents stay comparable.' })}</section>`)}`;
  }

  async #create() {
    const made = await createSuite();
    if (made) go(`/benchmarks/${made.id}`);
  }
}

const COLUMNS = [
  { name: 'Suite', lead: true, cell: (suite) => html`<a href=${href(`/benchmarks/${suite.id}`)}>${suite.name}</a>` },
  { name: 'Cases', cell: (suite) => suite.cases.map((one) => one.name).join(', ') },
  { name: 'Repetitions', right: true, cell: (suite) => number(suite.seeds.length) },
  { name: 'Owner', extra: true, cell: (suite) => suite.owner },
  { name: 'Made', extra: true, cell: (suite) => time(suite.created_at) },
];

class Benchmark extends Page {
  static properties = { benchmarkId: { attribute: false } };

  /** A run of the suite ends: the leaderboard is read again. */
  topics() {
    return ['experiments'];
  }

  frame(frame) {
    const ended = frame.type === 'experiment' && frame.experiment.benchmark_id === this.benchmarkId && frame.experiment.finished_at;
    if (ended && this.loaded) this.reload();
  }

  willUpdate(changed) {
    if (changed.has('query') && this.hasUpdated) this.reload();
  }

  async load(signal) {
    const base = path`/benchmarks/${this.benchmarkId}`;
    const [suite, board, agents] = await Promise.all([
      api.get(base, {}, signal),
      api.get(`${base}/leaderboard`, {}, signal),
      api.all('/agents', {}, 2000, signal),
    ]);
    const ids = [...new Set(board.items.map((place) => place.agent_id))];
    const asked = Number(this.query.agent);
    const agentId = asked > 0 ? asked : ids[0];
    const history = agentId === undefined ? [] : (await api.get(`${base}/history`, { agent_id: agentId }, signal)).items;
    const names = new Map(agents.map((agent) => [agent.id, agent.name]));
    Object.assign(this, { suite, places: board.items, ids, agentId, history, name: (id) => names.get(id) ?? `agent ${id}` });
  }

  render() {
    return html`
      <nav class="crumbs" aria-label="Breadcrumb"><a href="#/benchmarks">Benchmarks</a></nav>
      ${loadedOr(this, () => this.#content())}`;
  }

  #content() {
    const { suite } = this;
    return html`
      <div class="head"><h1>${suite.name}</h1>
        ${simulatedMark({ simulated: this.places.some((place) => place.simulated) })}
        ${session.can('developer') ? html`<button class="button primary push" id="run-suite" @click=${() => this.#run()}>Run suite</button>` : nothing}</div>
      ${suite.description ? html`<p class="lead">${suite.description}</p>` : nothing}
      <section class="panel"><div class="panel-head"><h2>Leaderboard</h2><span>
          <button class="button quiet" id="export" @click=${() => this.#export('csv')}>Download CSV</button>
          <button class="button quiet" @click=${() => this.#export('json')}>JSON</button></span></div>
        ${leaderboard(this.places, this.name)}
        ${this.places.length > 0 ? html`<p class="reason">Ordered by the mean rank over the cases, since their metrics have no common unit. n = ${number(suite.seeds.length)} repetitions each.</p>` : nothing}</section>
      ${this.places.length > 0 ? this.#history() : nothing}`;
  }

  #history() {
    return html`
      <nav class="filters" aria-label="Agent of the history">${this.ids.map((id) => html`<a class="chip"
        href=${href(`/benchmarks/${this.benchmarkId}`, { agent: id })} aria-current=${id === this.agentId ? 'true' : nothing}>${this.name(id)}</a>`)}</nav>
      <section class="panel"><h2>Versions of ${this.name(this.agentId)}</h2>
        ${this.history.length === 0 ? empty('This agent has no whole result in this suite.') : html`
          ${historyCharts(this.history)}${historyTable(this.history)}
          <p class="reason">A regression is worse than the version before by more than the noise of the repetitions explains (paired t test at
            ${number(this.suite.confidence * 100)} % confidence). Unknown: fewer than two pairs, or simulated against real runs.</p>`}</section>`;
  }

  #export(format) {
    attempt(() => api.download(path`/benchmarks/${this.benchmarkId}/export`, `benchmark-${this.benchmarkId}.${format}`, { format }));
  }

  async #run() {
    const made = await runSuite(this.suite);
    if (made) go(`/experiments/${made.id}`);
  }
}

customElements.define('page-benchmarks', Benchmarks);
customElements.define('page-benchmark', Benchmark);
