// Who waits for what: the queues with what they use, and the jobs that wait, in their order.
import { Page, html, nothing } from '../app/element.js';
import { api, path } from '../app/api.js';
import { amount, number, words } from '../app/format.js';
import { href } from '../app/router.js';
import { session } from '../app/session.js';
import { FINISHED } from '../components/badge.js';
import { merged } from '../components/job-rows.js';
import { bar } from '../components/progress.js';
import { loadedOr } from '../components/states.js';
import { table } from '../components/table.js';
import { attempt } from '../components/toast.js';
import '../components/waiting.js';

const UNFINISHED = 'blocked,scheduled,queued,admitted,starting,running,preempting,cancelling,retry_wait,paused';
const HOLDING = ['admitted', 'starting', 'running', 'preempting', 'cancelling'];
const MOST = 1000;
const SUMS_EVERY = 2000;
const SWITCHES = {
  active: ['Activate', 'jobs come in and start'],
  hold: ['Hold', 'jobs come in and none starts'],
  drain: ['Drain', 'no job comes in; those that wait start'],
};
const STATE_TONES = { active: 'good', hold: 'warn', drain: 'wait' };

function share(queue, name, label) {
  const limit = queue.nominal_quota?.[name];
  const used = queue.used?.[name];
  if (limit === undefined) return html`<span>${used}</span>`;
  const most = amount(limit);
  const fraction = most > 0 ? amount(used) / most : amount(used) > 0 ? 1 : 0;
  return bar(fraction, `${label} of ${queue.name}`, `${used} of ${limit}`, fraction > 1 ? 'warn' : '');
}

class Queues extends Page {
  #due = null;

  topics() {
    return ['jobs'];
  }

  willUpdate(changed) {
    if (changed.has('query') && this.hasUpdated) this.reload();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#due);
  }

  async load(signal) {
    const [queues, jobs] = await Promise.all([
      api.get('/queues', {}, signal),
      api.all('/jobs', { state: UNFINISHED, queue: this.query.queue }, MOST, signal),
    ]);
    this.queues = queues.items;
    this.jobs = jobs;
  }

  frame(frame) {
    if (frame.type !== 'job' || frame.job.kind === 'service' || !this.loaded) return;
    const old = this.jobs.find((job) => job.id === frame.job.id);
    const others = this.jobs.filter((job) => job !== old);
    const job = merged(old, frame.job);
    this.jobs = FINISHED.includes(job.state) ? others : [...others, job].slice(-MOST);
    this.#due ??= setTimeout(() => {
      this.#due = null;
      this.#readQueues();
    }, SUMS_EVERY);
  }

  async #readQueues() {
    try {
      this.queues = (await api.get('/queues')).items;
      this.requestUpdate();
    } catch (e) {
      this.error = e;
    }
  }

  render() {
    return html`<div class="head"><h1>Queues</h1></div>${loadedOr(this, () => this.#content())}`;
  }

  #content() {
    const chosen = this.query.queue;
    const here = this.jobs.filter((job) => !chosen || job.queue === chosen);
    const waiting = here.filter((job) => !HOLDING.includes(job.state));
    return html`
      <section class="panel">${table({
        label: 'Queues', columns: this.#queueColumns(), rows: this.queues, key: (q) => q.name, none: 'There are no queues.' })}</section>
      <nav class="filters" aria-label="Filter by queue">
        ${['', ...this.queues.map((q) => q.name)].map((name) => html`<a class="chip" href=${href('/queues', { queue: name })}
          aria-current=${(chosen ?? '') === name ? 'true' : nothing}>${name || 'all'}</a>`)}
      </nav>
      <div class="columns">
        <section class="panel"><h2>Waiting</h2>
          <sm-waiting .jobs=${waiting} .moved=${(job) => this.#moved(job)}></sm-waiting></section>
        <section class="panel"><h2>Who holds and waits</h2>${this.#owners(here)}</section>
      </div>`;
  }

  #queueColumns() {
    return [
      { name: 'Queue', lead: true, cell: (q) => html`<a href=${href('/queues', { queue: q.name })}>${q.name}</a>` },
      { name: 'State', cell: (q) => html`<span class="pill ${STATE_TONES[q.state]}">${words(q.state)}</span>` },
      { name: 'Waiting', right: true, cell: (q) => number(q.waiting_jobs) },
      { name: 'Running', right: true, cell: (q) => share(q, 'jobs', 'Jobs') },
      { name: 'CPU', cell: (q) => share(q, 'cpu', 'CPU') },
      { name: 'GPU', cell: (q) => share(q, 'gpu', 'GPU') },
      { name: 'Memory', extra: true, cell: (q) => share(q, 'memory', 'Memory') },
      { name: 'Cohort', extra: true, cell: (q) => q.cohort ?? nothing },
      { name: 'Order', extra: true, cell: (q) => words(q.policy) },
      { name: '', cell: (q) => this.#switch(q) },
    ];
  }

  #switch(queue) {
    if (!session.can('operator')) return nothing;
    const others = Object.entries(SWITCHES).filter(([state]) => state !== queue.state);
    return html`<span class="nowrap">${others.map(([state, [text, what]]) => html`<button class="button quiet" aria-label="${text} ${queue.name}"
      title=${what} @click=${() => this.#set(queue, state)}>${text}</button>`)}</span>`;
  }

  async #set(queue, state) {
    await attempt(() => api.patch(path`/queues/${queue.name}`, { state }), `${queue.name}: ${SWITCHES[state][1]}.`);
    await this.#readQueues();
  }

  #moved(job) {
    this.jobs = this.jobs.map((other) => (other.id === job.id ? merged(other, job) : other));
    this.requestUpdate();
  }

  #owners(jobs) {
    const owners = new Map();
    for (const job of jobs) {
      const owner = owners.get(job.owner) ?? { name: job.owner, running: 0, waiting: 0, cpu: 0, gpu: 0 };
      owners.set(job.owner, owner);
      if (HOLDING.includes(job.state)) {
        owner.running += 1;
        owner.cpu += amount(job.resource_requirements?.cpu) ?? 0;
        owner.gpu += amount(job.resource_requirements?.gpu) ?? 0;
      } else owner.waiting += 1;
    }
    const columns = [
      { name: 'Owner', lead: true, cell: (o) => o.name },
      { name: 'Running', right: true, cell: (o) => number(o.running) },
      { name: 'CPU', right: true, cell: (o) => number(o.cpu) },
      { name: 'GPU', right: true, cell: (o) => number(o.gpu) },
      { name: 'Waiting', right: true, cell: (o) => number(o.waiting) },
    ];
    const rows = [...owners.values()].sort((a, b) => b.cpu + b.gpu - a.cpu - a.gpu || b.waiting - a.waiting);
    return table({ label: 'Owners', columns, rows, key: (o) => o.name, none: 'Nobody holds or waits for anything.' });
  }
}

customElements.define('page-queues', Queues);
