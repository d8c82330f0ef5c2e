// The jobs that were submitted together with one: how each stands, and who waits for whom.
import { Element, html, nothing } from '../app/element.js';
import { api, path } from '../app/api.js';
import { words } from '../app/format.js';
import { live } from '../app/live.js';
import { href } from '../app/router.js';
import { session } from '../app/session.js';
import { badge } from './badge.js';
import { confirm } from './dialog.js';
import { jobLink, merged } from './job-rows.js';
import { empty } from './states.js';
import { table } from './table.js';
import { attempt } from './toast.js';

class Graph extends Element {
  /** here: the id of the job on whose page it stands. */
  static properties = { graphId: { attribute: false }, here: { attribute: false }, graph: { state: true }, error: { state: true } };

  #unwatch = null;

  constructor() {
    super();
    this.graph = null;
    this.error = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.#unwatch = live.watch({ topics: ['jobs'], frame: (frame) => this.#frame(frame), resume: () => this.#load() });
    this.#load();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#unwatch?.();
  }

  async #load() {
    try {
      this.graph = await api.get(path`/job-graphs/${this.graphId}`);
      this.error = null;
    } catch (e) {
      this.error = e;
    }
  }

  /** The state of all together is the server's to say: it is read once more when one has ended. */
  #frame(frame) {
    const old = frame.type === 'job' && this.graph?.jobs.find((job) => job.id === frame.job.id);
    if (!old) return;
    const jobs = this.graph.jobs.map((job) => (job === old ? merged(job, frame.job) : job));
    this.graph = { ...this.graph, jobs };
    if (frame.job.finished_at) this.#load();
  }

  render() {
    if (!this.graph) return this.error ? html`<p class="reason">${this.error.message}</p>` : empty('Loading');
    const { graph } = this;
    return html`<div class="panel-head"><h2>Graph: ${graph.name} ${badge(graph.state)}</h2>
        ${graph.state === 'running' && session.can('developer') ? html`<button class="button danger" id="cancel-graph" @click=${() => this.#cancel()}>Cancel all</button>` : nothing}</div>
      ${table({ label: 'Jobs of this graph', columns: this.#columns(), rows: graph.jobs, key: (job) => job.id, none: 'It has no jobs.' })}`;
  }

  #columns() {
    const byKey = new Map(this.graph.jobs.map((job) => [job.key, job]));
    const name = (key) => {
      const job = byKey.get(key);
      return job ? html`<a href=${href(`/jobs/${job.id}`)}>${key}</a>` : html`<a href=${href(`/jobs/${key}`)}>job ${key.slice(0, 8)}</a>`;
    };
    const others = (keys) => (keys.length === 0 ? '–' : keys.map((key, i) => html`${i > 0 ? ', ' : ''}${name(key)}`));
    const from = (job) => this.graph.edges.filter((edge) => edge.to === job.key).map((edge) => edge.from);
    return [
      { name: 'Key', lead: true, cell: (job) => (job.id === this.here ? html`${job.key} <span class="reason">this job</span>` : name(job.key)) },
      { name: 'Job', extra: true, cell: jobLink },
      { name: 'State', cell: (job) => html`${badge(job.state)}${job.reason ? html` <span class="reason">${words(job.reason)}</span>` : ''}` },
      { name: 'Waits for', cell: (job) => others(from(job)) },
    ];
  }

  async #cancel() {
    const left = this.graph.jobs.filter((job) => !job.finished_at).length;
    const text = [left === 1 ? 'The one job of this graph that has not ended is cancelled.' : `The ${left} jobs of this graph that have not ended are cancelled.`,
      'Those that run are asked to stop (SIGTERM) and are killed after their grace period.'];
    if (!(await confirm({ title: 'Cancel all jobs of this graph?', text, action: 'Cancel all', danger: true }))) return;
    const graph = await attempt(() => api.post(path`/job-graphs/${this.graphId}/cancel`), 'The graph is being cancelled.');
    if (graph) this.graph = graph;
  }
}

customElements.define('sm-graph', Graph);
