// Jobs that failed for good: what went wrong, and what is to become of them.
import { Page, html, nothing } from '../app/element.js';
import { api } from '../app/api.js';
import { number, time, words } from '../app/format.js';
import { href } from '../app/router.js';
import { session } from '../app/session.js';
import { confirm } from '../components/dialog.js';
import { agentLink, jobLink } from '../components/job-rows.js';
import { simulatedMark } from '../components/badge.js';
import { loadedOr } from '../components/states.js';
import { table } from '../components/table.js';
import { attempt, toast } from '../components/toast.js';
import { discardText, redriveText } from './job-texts.js';

const FILTERS = ['queue', 'agent_id', 'owner', 'reason'];
const READ_AGAIN = 2000;

class DeadLetters extends Page {
  #chosen = new Set();
  #due = null;

  topics() {
    return ['jobs'];
  }

  willUpdate(changed) {
    if (changed.has('query') && this.hasUpdated) {
      this.loaded = false;
      this.#chosen.clear();
      this.reload();
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#due);
  }

  async load(signal) {
    const page = await api.get('/dead-letters', this.#params(), signal);
    this.items = page.items;
    this.cursor = page.next_cursor;
    const there = new Set(this.items.map((letter) => letter.id));
    this.#chosen = new Set([...this.#chosen].filter((id) => there.has(id)));
  }

  #params(cursor = null) {
    return { ...Object.fromEntries(FILTERS.map((name) => [name, this.query[name]])), limit: 100, cursor };
  }

  /** Failures often come in swarms: one more look does for all of them. */
  frame(frame) {
    if (frame.type !== 'job' || frame.job.state !== 'failed' || this.#due) return;
    this.#due = setTimeout(() => {
      this.#due = null;
      this.reload();
    }, READ_AGAIN);
  }

  async #more() {
    const page = await attempt(() => api.get('/dead-letters', this.#params(this.cursor)));
    if (!page) return;
    const known = new Set(this.items.map((letter) => letter.id));
    this.items = [...this.items, ...page.items.filter((letter) => !known.has(letter.id))];
    this.cursor = page.next_cursor;
    this.requestUpdate();
  }

  render() {
    return html`
      <nav class="crumbs" aria-label="Breadcrumb"><a href="#/jobs">Jobs</a></nav>
      <div class="head"><h1>Dead letters</h1><div class="actions">${this.#actions()}</div></div>
      <p class="reason">Jobs that failed for good and that nobody has dealt with. ${session.can('operator') ? '' : 'You see your own.'}</p>
      <nav class="filters" aria-label="Filters">${this.#filters()}</nav>
      ${loadedOr(this, () => html`
        <section class="panel">${table({ label: 'Dead letters', columns: this.#columns(), rows: this.items, key: (letter) => letter.id, none: 'No failure waits for anybody.' })}</section>
        ${this.cursor ? html`<div class="buttons"><button class="button" @click=${() => this.#more()}>Load more</button></div>` : nothing}`)}`;
  }

  #filters() {
    return FILTERS.filter((name) => this.query[name]).map((name) => html`
      <a class="chip" href=${href('/dead-letters', { ...this.query, [name]: '' })}>${words(name).replace(' id', '')} ${this.query[name]}: remove filter</a>`);
  }

  #narrow(name, value, text) {
    return html`<a href=${href('/dead-letters', { ...this.query, [name]: value })}>${text}</a>`;
  }

  #columns() {
    const columns = [
      { name: 'Job', lead: true, cell: ({ job }) => html`${jobLink(job)} ${simulatedMark(job)}` },
      { name: 'Why', cell: (letter) => html`${letter.reason ? this.#narrow('reason', letter.reason, words(letter.reason)) : ''}
        <div class="reason failure">${letter.message}</div>` },
      { name: 'Exit', right: true, extra: true, cell: (letter) => number(letter.exit_code) },
      { name: 'Attempts', right: true, extra: true, cell: (letter) => number(letter.attempts) },
      { name: 'Queue', extra: true, cell: ({ job }) => this.#narrow('queue', job.queue, job.queue) },
      { name: 'Agent', extra: true, cell: ({ job }) => agentLink(job) },
      { name: 'Owner', extra: true, cell: ({ job }) => this.#narrow('owner', job.owner, job.owner) },
      { name: 'Failed', cell: (letter) => html`<time datetime=${letter.failed_at}>${time(letter.failed_at)}</time>` },
    ];
    return session.can('developer') ? [this.#choice(), ...columns] : columns;
  }

  #choice() {
    const all = this.items.length > 0 && this.items.every((letter) => this.#chosen.has(letter.id));
    const choose = (letters, on) => {
      for (const { id } of letters) {
        if (on) this.#chosen.add(id);
        else this.#chosen.delete(id);
      }
      this.requestUpdate();
    };
    const box = (label, checked, letters) => html`<input type="checkbox" aria-label=${label} .checked=${checked}
      @change=${(e) => choose(letters, e.target.checked)}>`;
    return { name: box('Choose all', all, this.items), cell: (letter) => box(`Choose ${letter.job.name}`, this.#chosen.has(letter.id), [letter]) };
  }

  #actions() {
    const count = this.#chosen.size;
    if (count === 0) return nothing;
    return html`<button class="button danger" id="discard" @click=${() => this.#all('discard', discardText(count), 'Discard', 'discarded')}>Discard ${count}</button>
      <button class="button primary" id="redrive" @click=${() => this.#all('redrive', redriveText(count), 'Submit again', 'submitted again')}>Submit ${count} again</button>`;
  }

  /** By a thousand, as many as one call takes. */
  async #all(what, text, action, said) {
    if (!(await confirm({ title: `${action}?`, text, action, danger: what === 'discard' }))) return;
    const ids = [...this.#chosen];
    for (let from = 0; from < ids.length; from += 1000) {
      const result = await attempt(() => api.post(`/dead-letters/${what}`, { ids: ids.slice(from, from + 1000) }));
      if (!result) break;
      if (result.done > 0) toast(`${number(result.done)} ${said}.`);
      for (const refused of result.items.filter((item) => item.result !== 'done').slice(0, 3)) toast(refused.detail, 'bad');
    }
    this.#chosen.clear();
    await this.reload();
  }
}

customElements.define('page-dead-letters', DeadLetters);
