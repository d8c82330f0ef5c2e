import { Page, html } from '../app/element.js';
import { api } from '../app/api.js';
import { duration, money, number, words } from '../app/format.js';
import { href } from '../app/router.js';
import { FINISHED, STATES } from '../components/badge.js';
import { eventList } from '../components/event-list.js';
import { figure } from '../components/facts.js';
import { jobTable, merged } from '../components/job-rows.js';
import { loadedOr } from '../components/states.js';
import '../components/budgets.js';

const UNDER_WAY = 'running,starting,admitted,preempting,cancelling,retry_wait';
const MOST_EVENTS = 60;
const SUMS_EVERY = 3000;

class Overview extends Page {
  #due = null;
  #slow = null;

  topics() {
    return ['jobs', 'queue', 'events'];
  }

  connectedCallback() {
    super.connectedCallback();
    this.#slow = setInterval(() => document.hidden || this.#readSums(), 30_000);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#due);
    clearInterval(this.#slow);
  }

  async load(signal) {
    const [sums, jobs] = await Promise.all([
      api.get('/overview', {}, signal),
      api.get('/jobs', { state: UNDER_WAY, limit: 50 }, signal),
    ]);
    this.sums = sums;
    this.events = sums.events ?? [];
    this.jobs = jobs.items;
  }

  frame(frame) {
    if (!this.loaded) return;
    if (frame.type === 'event') this.events = [frame, ...this.events].slice(0, MOST_EVENTS);
    if (frame.type === 'job') {
      if (frame.job.kind !== 'service') this.#take(frame.job);
      this.#sumsSoon();
    }
    if (frame.type === 'queue') this.#sumsSoon();
  }

  #take(job) {
    const old = this.jobs.find((other) => other.id === job.id);
    const others = this.jobs.filter((other) => other.id !== job.id);
    if (FINISHED.includes(job.state) || ['queued', 'blocked', 'scheduled'].includes(job.state)) this.jobs = others;
    else if (old) this.jobs = this.jobs.map((other) => (other === old ? merged(old, job) : other));
    else this.jobs = [job, ...others].slice(0, 50);
  }

  /** Sums come from the server: many changes, one read. */
  #sumsSoon() {
    this.#due ??= setTimeout(() => {
      this.#due = null;
      this.#readSums();
    }, SUMS_EVERY);
  }

  async #readSums() {
    try {
      this.sums = await api.get('/overview');
      this.requestUpdate();
    } catch (e) {
      this.error = e;
    }
  }

  render() {
    return html`<div class="head"><h1>Overview</h1></div>${loadedOr(this, () => this.#content())}`;
  }

  #content() {
    const { jobs_by_state: states = {}, queue, spend, agents } = this.sums;
    return html`
      <section class="figures" aria-label="Figures">
        ${figure('Queue', number(queue?.length), `oldest waits ${duration(queue?.oldest_wait_seconds)}`)}
        ${figure('Spend today', money(spend?.today))}
        ${figure('This month', money(spend?.month))}
        ${figure('In total', money(spend?.total))}
        ${figure('Agents', html`<a href="#/agents">${number(agents)}</a>`)}
      </section>
      <section class="panel"><h2>Jobs by state</h2>
        <ul class="states">${STATES.map((state) => html`<li>
          <a href=${href('/jobs', { state })}><b>${number(states[state])}</b> ${words(state)}</a></li>`)}</ul>
      </section>
      <sm-budgets></sm-budgets>
      <div class="columns">
        <section class="panel"><h2>Under way</h2>
          ${jobTable(this.jobs, ['name', 'state', 'progress', 'cost', 'time'], 'Jobs under way', 'No job is running.')}
        </section>
        <section class="panel"><h2>Events</h2>${eventList(this.events, 'Latest events', 'Nothing has happened yet.')}</section>
      </div>`;
  }
}

customElements.define('page-overview', Overview);
