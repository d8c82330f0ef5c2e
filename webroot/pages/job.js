import { Page, html, nothing } from '../app/element.js';
import { api, path, Creation } from '../app/api.js';
import { duration, money, number, resources, time, words } from '../app/format.js';
import { go, href } from '../app/router.js';
import { MetricSeries, UsageSeries } from '../app/series.js';
import { session } from '../app/session.js';
import { FINISHED, badge, simulatedMark } from '../components/badge.js';
import { confirm } from '../components/dialog.js';
import { eventList } from '../components/event-list.js';
import { facts, figure, json } from '../components/facts.js';
import { artifactTable, attemptTable } from '../components/job-tables.js';
import { agentLink, merged, runTime, withMetric } from '../components/job-rows.js';
import { jobProgress, steps } from '../components/progress.js';
import { chartToCome, empty, loadedOr } from '../components/states.js';
import { attempt } from '../components/toast.js';
import { usageCharts } from '../components/usage-charts.js';
import { cancelText, pauseText, retryText } from './job-texts.js';
import '../components/chart.js';
import '../components/graph.js';
import '../components/log.js';

const MOST_METRICS = 10_000;
const MOST_EVENTS = 1000;

/** How many run of how many asked for. */
function replicas(job) {
  const fewest = job.min_replicas < job.replicas ? `, starts with ${job.min_replicas}` : '';
  return `${job.replicas_started ?? '–'} of ${job.replicas}${fewest}`;
}

class Job extends Page {
  static properties = { jobId: { attribute: false } };

  metrics = new MetricSeries();
  usage = new UsageSeries();
  #retry = new Creation();

  topics() {
    return [`job:${this.jobId}`];
  }

  async load(signal) {
    const base = path`/jobs/${this.jobId}`;
    const [job, points] = await Promise.all([api.get(base, {}, signal), api.all(`${base}/metrics`, {}, MOST_METRICS, signal)]);
    const metrics = new MetricSeries();
    for (const point of points) metrics.add(point);
    await this.#loadLists(signal);
    Object.assign(this, { job, metrics });
    this.querySelector('sm-log')?.catchUp();
  }

  async #loadLists(signal) {
    const base = path`/jobs/${this.jobId}`;
    const [attempts, events, artifacts] = await Promise.all([
      api.get(`${base}/attempts`, {}, signal),
      api.all(`${base}/events`, {}, MOST_EVENTS, signal),
      api.get(`${base}/artifacts`, {}, signal),
    ]);
    Object.assign(this, { attempts: attempts.items, events, artifacts: artifacts.items });
  }

  frame(frame) {
    if (frame.type === 'usage') this.usage.add(frame);
    if (frame.type === 'log') this.querySelector('sm-log')?.append(frame);
    if (!this.loaded) return;
    if (frame.type === 'job') this.#take(frame.job);
    if (frame.type === 'event') this.events = [...this.events, frame].slice(-MOST_EVENTS);
    if (frame.type === 'metric') {
      this.metrics.add(frame);
      this.job = withMetric(this.job, frame);
    }
  }

  /** A new state or attempt changes the lists as well; at the end they are read once more with the rest of the log. */
  #take(job) {
    const before = this.job;
    this.job = merged(before, job);
    if (before.state === this.job.state && before.attempt === this.job.attempt) return;
    this.#loadLists()
      .then(() => this.requestUpdate())
      .catch((e) => (this.error = e));
    if (FINISHED.includes(this.job.state)) this.updateComplete.then(() => this.querySelector('sm-log')?.catchUp());
  }

  render() {
    return html`
      <nav class="crumbs" aria-label="Breadcrumb"><a href="#/jobs">Jobs</a></nav>
      ${loadedOr(this, () => this.#content())}`;
  }

  #content() {
    const { job } = this;
    const running = !FINISHED.includes(job.state);
    return html`
      <div class="head"><h1>${job.name}</h1>${badge(job.state)}${simulatedMark(job)}
        ${session.can('developer') ? this.#actions(running) : nothing}</div>
      ${this.#why()}
      ${this.#figures()}
      <section class="panel"><h2>Metrics</h2>${this.#charts(running)}</section>
      <section class="panel"><h2>Log</h2><sm-log .jobId=${job.id} .running=${running}></sm-log></section>
      ${running || !this.usage.empty ? html`<section class="panel"><h2>CPU and memory now</h2>${usageCharts(this.usage, job.state === 'running')}</section>` : nothing}
      <div class="columns even">
        <div>
          <section class="panel"><h2>Attempts</h2>${attemptTable(this.attempts)}</section>
          <section class="panel"><h2>Artifacts</h2>${artifactTable(this.artifacts, job.id)}</section>
        </div>
        <section class="panel"><h2>Events</h2>${eventList(this.#ownEvents(), 'Events of this job', 'No events yet.')}</section>
      </div>
      ${job.graph_id ? html`<section class="panel"><sm-graph .graphId=${job.graph_id} .here=${job.id}></sm-graph></section>` : nothing}
      <section class="panel"><h2>Settings</h2>${this.#facts()}</section>`;
  }

  /** Newest first, and without links to this very page. */
  #ownEvents() {
    return this.events.map((event) => ({ ...event, job_id: null })).reverse();
  }

  #why() {
    const { job } = this;
    const notes = [job.reason && words(job.reason), job.message].filter(Boolean);
    if (job.run_at && job.state === 'retry_wait') notes.push(`The next attempt is due at ${time(job.run_at)}.`);
    if (notes.length === 0) return nothing;
    const tone = job.state === 'failed' ? 'bad' : '';
    return html`<div class="notice ${tone}"><p><strong>${notes[0]}</strong> ${notes.slice(1).join(' ')}</p></div>`;
  }

  #figures() {
    const { job } = this;
    return html`<section class="figures" aria-label="Figures">
      <div class="figure-box grow"><div class="name">Progress</div><div class="value">${jobProgress(job)}</div>
        <div class="note">${job.state === 'queued' ? `Place ${number(job.queue_position)} in the queue` : `Step ${steps(job.progress)}`}</div></div>
      ${figure('Run time', runTime(job), `begun ${time(job.started_at)}`)}
      ${figure('Cost', money(job.cost))}
      ${figure('Attempt', `${number(job.attempt)} of ${number(job.max_attempts)}`)}
    </section>`;
  }

  #charts(running) {
    const charts = this.metrics.charts();
    if (charts.length === 0 && !running) return empty('The job reported no metrics.');
    if (charts.length === 0) return chartToCome('No metrics yet. A job reports them as JSON lines on its output.');
    return html`<div class="charts">${charts.map((chart) => html`<sm-chart label=${chart.quantity} x="step" .series=${chart.series}></sm-chart>`)}</div>`;
  }

  #facts() {
    const { job } = this;
    return facts([
      ['Id', html`<code>${job.id}</code>`],
      ['Agent', html`${agentLink(job)} ${job.agent_version}`],
      ['Owner', job.owner],
      ['Priority', number(job.priority)],
      ['Runner', job.runner],
      ['Needs', resources(job.resource_requirements)],
      ...(job.replicas > 1 ? [['Replicas', replicas(job)]] : []),
      ['Time limit', duration(job.timeout_seconds)],
      ['Exit code', number(job.exit_code)],
      ['Submitted', time(job.created_at)],
      ['Finished', time(job.finished_at)],
      ['Retry of', job.retried_from && html`<a href=${href(`/jobs/${job.retried_from}`)}>an earlier job</a>`],
      ['Experiment', job.labels?.experiment && html`<a href=${href(`/experiments/${job.labels.experiment}`)}>the experiment it is a trial of</a>`],
      ['Labels', json(job.labels)],
      ['Hyperparameters', json(job.hyperparameters)],
      ['Training configuration', json(job.training_config)],
    ]);
  }

  #actions(running) {
    if (!running) return html`<button class="button primary push" id="retry" @click=${() => this.#retryJob()}>Retry</button>`;
    return html`${this.#pauseButton()}<button class="button danger" id="cancel" ?disabled=${this.job.state === 'cancelling'} @click=${() => this.#cancel()}>Cancel job</button>`;
  }

  /** A pause of what is just starting or ending is refused, so it is not offered. */
  #pauseButton() {
    const { state, reason } = this.job;
    const paused = state === 'paused' || (state === 'preempting' && reason === 'paused');
    const change = paused ? 'resume' : 'pause';
    const off = ['admitted', 'starting', 'cancelling'].includes(state);
    return html`<button class="button push" id="pause" ?disabled=${off} @click=${() => this.#setPaused(change)}>${paused ? 'Resume' : 'Pause'}</button>`;
  }

  async #setPaused(change) {
    if (change === 'pause' && this.job.state === 'running'
      && !(await confirm({ title: 'Pause this job?', text: pauseText(this.job), action: 'Pause' }))) return;
    const said = change === 'pause' ? 'The job is being paused.' : 'The job goes on.';
    const job = await attempt(() => api.post(path`/jobs/${this.jobId}/${change}`), said);
    if (job) this.#take(job);
    this.requestUpdate();
  }

  async #cancel() {
    const sure = await confirm({ title: 'Cancel this job?', text: cancelText(this.job), action: 'Cancel job', danger: true });
    if (!sure) return;
    const job = await attempt(() => api.post(path`/jobs/${this.jobId}/cancel`), 'The job is being cancelled.');
    if (job) this.#take(job);
    this.requestUpdate();
  }

  async #retryJob() {
    if (!(await confirm({ title: 'Run this job again?', text: retryText(this.job), action: 'Submit again' }))) return;
    const job = await attempt(() => this.#retry.send(path`/jobs/${this.jobId}/retry`), 'A new job is submitted.');
    if (job) go(`/jobs/${job.id}`);
  }
}

customElements.define('page-job', Job);
