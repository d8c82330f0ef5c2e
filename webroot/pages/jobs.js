import { Page, html, nothing } from '../app/element.js';
import { api } from '../app/api.js';
import { words } from '../app/format.js';
import { go, href } from '../app/router.js';
import { session } from '../app/session.js';
import { STATES } from '../components/badge.js';
import { jobTable, merged } from '../components/job-rows.js';
import { loadedOr } from '../components/states.js';
import { attempt } from '../components/toast.js';
import { submitJob } from './job-dialog.js';

/** As many as the server compares. */
const MOST_COMPARED = 20;
const COLUMNS = ['name', 'state', 'agent', 'owner', 'progress', 'cost', 'created', 'time'];

class Jobs extends Page {
  /** Ids of the jobs to compare; they stay chosen when the filter changes. */
  #chosen = new Set();

  topics() {
    return ['jobs'];
  }

  willUpdate(changed) {
    if (changed.has('query') && this.hasUpdated) {
      this.loaded = false;
      this.reload();
    }
  }

  async load(signal) {
    const page = await api.get('/jobs', this.#params(), signal);
    this.items = page.items;
    this.cursor = page.next_cursor;
  }

  #params(cursor = null) {
    const { state, agent_id, owner } = this.query;
    return { state, agent_id, owner, limit: 50, cursor };
  }

  async #more() {
    const page = await attempt(() => api.get('/jobs', this.#params(this.cursor)));
    if (!page) return;
    const known = new Set(this.items.map((job) => job.id));
    this.items = [...this.items, ...page.items.filter((job) => !known.has(job.id))];
    this.cursor = page.next_cursor;
    this.requestUpdate();
  }

  frame(frame) {
    if (frame.type !== 'job' || !this.loaded) return;
    const old = this.items.find((job) => job.id === frame.job.id);
    const job = merged(old, frame.job);
    if (!this.#fits(job)) this.items = this.items.filter((other) => other !== old);
    else if (old) this.items = this.items.map((other) => (other === old ? job : other));
    else if (job.created_at > (this.items[0]?.created_at ?? '')) this.items = [job, ...this.items];
  }

  #fits(job) {
    const { state, agent_id, owner } = this.query;
    return (
      job.kind !== 'service' &&
      (!state || state.split(',').includes(job.state)) &&
      (!agent_id || String(job.agent_id) === agent_id) &&
      (!owner || job.owner === owner)
    );
  }

  render() {
    return html`
      <div class="head"><h1>Jobs</h1>
        <div class="actions">${this.#compare()}
        <a class="button" href="#/dead-letters">Dead letters</a>
        ${session.can('developer') ? html`<button class="button primary" id="submit-job" @click=${() => this.#submit()}>Submit job</button>` : nothing}</div>
      </div>
      <nav class="filters" aria-label="Filter by state">
        ${['', ...STATES].map((state) => html`<a class="chip" href=${href('/jobs', { ...this.query, state })}
          aria-current=${(this.query.state ?? '') === state ? 'true' : nothing}>${state ? words(state) : 'all'}</a>`)}
        ${this.#otherFilters()}
      </nav>
      ${loadedOr(this, () => html`
        <section class="panel">${jobTable(this.items, COLUMNS, 'Jobs', this.query.state ? `No job is ${words(this.query.state)}.` : 'There are no jobs yet.', this.#choice())}</section>
        ${this.cursor ? html`<div class="buttons"><button class="button" @click=${() => this.#more()}>Load more</button></div>` : nothing}`)}`;
  }

  #choice() {
    const choose = (job, on) => {
      if (on) this.#chosen.add(job.id);
      else this.#chosen.delete(job.id);
      this.requestUpdate();
    };
    return { name: html`<span class="visually-hidden">Compare</span>`, cell: (job) => html`<input type="checkbox" aria-label="Compare ${job.name}"
      .checked=${this.#chosen.has(job.id)} ?disabled=${!this.#chosen.has(job.id) && this.#chosen.size >= MOST_COMPARED}
      @change=${(e) => choose(job, e.target.checked)}>` };
  }

  #compare() {
    const ids = [...this.#chosen];
    if (ids.length === 0) return nothing;
    const clear = () => {
      this.#chosen.clear();
      this.requestUpdate();
    };
    return html`<button class="button quiet" @click=${clear}>Clear choice</button>
      ${ids.length === 1 ? html`<span class="reason">Choose one more to compare</span>`
        : html`<a class="button" id="compare" href=${href('/compare', { ids: ids.join(',') })}>Compare ${ids.length}</a>`}`;
  }

  #otherFilters() {
    return ['agent_id', 'owner'].filter((name) => this.query[name]).map((name) => html`
      <a class="chip" href=${href('/jobs', { ...this.query, [name]: '' })}>${words(name).replace(' id', '')} ${this.query[name]}: remove filter</a>`);
  }

  async #submit() {
    const job = await submitJob();
    if (job) go(`/jobs/${job.id}`);
  }
}

customElements.define('page-jobs', Jobs);
