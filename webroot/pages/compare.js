// Jobs side by side: what they were given, what they reported, and what it cost.
import { Page, html, nothing } from '../app/element.js';
import { api } from '../app/api.js';
import { between, duration, money, number } from '../app/format.js';
import { href } from '../app/router.js';
import { badge, FINISHED, simulatedMark } from '../components/badge.js';
import { empty, loadedOr } from '../components/states.js';
import { table } from '../components/table.js';
import { shown } from '../components/verdict.js';
import '../components/chart.js';

const AGAIN_AFTER = 3000;

class Compare extends Page {
  static properties = { all: { state: true } };

  #due = null;

  topics() {
    return ['jobs'];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#due);
  }

  willUpdate(changed) {
    if (changed.has('query') && this.hasUpdated) {
      this.loaded = false;
      this.reload();
    }
  }

  async load(signal) {
    if (!this.query.ids) return;
    const found = await api.get('/runs/compare', { ids: this.query.ids }, signal);
    const names = shortNames(found.runs);
    this.runs = found.runs.map((run, i) => ({ ...run, shown: names[i] }));
    this.hyperparameters = found.hyperparameters;
    this.metrics = found.metrics.map((metric) => ({ name: metric.name, series: this.#series(metric) }));
  }

  #series({ steps, series }) {
    return this.runs
      .map((run) => ({ name: run.shown, points: steps.map((step, i) => [step, series[run.job_id]?.[i] ?? null]).filter(([, y]) => y !== null) }))
      .filter((one) => one.points.length > 0);
  }

  /** A compared job moved: all is read again, not more often than every few seconds. */
  frame(frame) {
    if (frame.type !== 'job' || !this.loaded || !this.runs.some((run) => run.job_id === frame.job.id)) return;
    this.#due ??= setTimeout(() => {
      this.#due = null;
      this.reload();
    }, AGAIN_AFTER);
  }

  render() {
    return html`
      <nav class="crumbs" aria-label="Breadcrumb"><a href="#/jobs">Jobs</a></nav>
      <div class="head"><h1>Compare jobs</h1></div>
      ${this.query.ids ? loadedOr(this, () => this.#content()) : empty('Choose two or more jobs in the list of jobs, then Compare.')}`;
  }

  #content() {
    return html`
      <section class="panel"><h2>Jobs</h2>${this.#jobs()}</section>
      <section class="panel"><h2>Curves</h2>${this.metrics.length === 0 ? empty('None of these jobs has reported a metric.') : html`
        <div class="charts">${this.metrics.map((metric) => html`<sm-chart label=${metric.name} x="step" .series=${metric.series}></sm-chart>`)}</div>`}</section>
      <section class="panel"><div class="panel-head"><h2>Hyperparameters</h2>
        <label class="check"><input type="checkbox" .checked=${this.all ?? false} @change=${(e) => (this.all = e.target.checked)}> Show equal ones</label></div>
        ${this.#differences()}</section>
      <section class="panel"><h2>Cost per unit of metric</h2>${this.#prices()}
        <p class="reason">Dollars by the metric's last value. Unknown for simulated jobs and for values that are not above 0.</p></section>`;
  }

  #jobs() {
    const columns = [
      { name: 'Job', lead: true, cell: (run) => html`<a href=${href(`/jobs/${run.job_id}`)}>${run.name}</a> ${simulatedMark(run)}` },
      { name: 'State', cell: (run) => badge(run.state) },
      { name: 'Agent', extra: true, cell: (run) => html`<a href=${href(`/agents/${run.agent_id}`)}>${run.agent_name}</a> ${run.agent_version}` },
      { name: 'Steps', right: true, cell: (run) => number(run.steps) },
      { name: 'Run time', right: true, extra: true, cell: (run) => duration(run.finished_at || !FINISHED.includes(run.state) ? between(run.started_at, run.finished_at) : null) },
      { name: 'Cost', right: true, cell: (run) => money(run.cost) },
    ];
    return table({ label: 'Jobs', columns, rows: this.runs, key: (run) => run.job_id, none: '' });
  }

  #differences() {
    const rows = this.hyperparameters.filter((row) => this.all || row.differs);
    const columns = [
      { name: 'Name', lead: true, cell: (row) => html`${row.name}${row.differs ? html` <span class="pill warn">differs</span>` : nothing}` },
      ...this.runs.map((run, i) => ({ name: run.shown, right: true, cell: (row) => html`<span class=${row.differs ? 'differs' : 'reason'}>${shown(row.values[i])}</span>` })),
    ];
    const none = this.hyperparameters.length === 0 ? 'These jobs have no hyperparameters.' : 'All hyperparameters are equal.';
    return table({ label: 'Hyperparameters', columns, rows, key: (row) => row.name, none });
  }

  #prices() {
    const names = this.metrics.map((metric) => metric.name);
    const columns = [
      { name: 'Job', lead: true, cell: (run) => run.shown },
      ...names.flatMap((name) => [
        { name, right: true, cell: (run) => (typeof run.metrics[name] === 'number' ? number(run.metrics[name]) : 'unknown') },
        { name: `$ per ${name}`, right: true, cell: (run) => (typeof run.cost_per_unit[name] === 'number' ? money(run.cost_per_unit[name]) : 'unknown') },
      ]),
    ];
    return table({ label: 'Cost per unit of metric', columns, rows: names.length > 0 ? this.runs : [], key: (run) => run.job_id, none: 'No metric was reported.' });
  }
}

/** Without the parts that all share ("experiment / variant / seed 1"), and with a part of the id where that is not enough. */
function shortNames(runs) {
  const parts = runs.map((run) => run.name.split(' / '));
  const shared = (list, at) => list.every((one) => one.length > 1 && one.at(at) === list[0].at(at));
  while (shared(parts, 0)) parts.forEach((one) => one.shift());
  while (shared(parts, -1)) parts.forEach((one) => one.pop());
  const names = parts.map((one) => one.join(' / '));
  return names.map((name, i) => (names.filter((other) => other === name).length > 1 ? `${name} (${runs[i].job_id.slice(-6)})` : name));
}

customElements.define('page-compare', Compare);
