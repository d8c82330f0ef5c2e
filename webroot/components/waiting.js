// The jobs that wait, by priority, to be moved to another priority: by dragging, by arrow keys, or by buttons. Nothing
// else orders them by hand, so that is all that is offered.
import { Element, html, nothing, repeat } from '../app/element.js';
import { api, path } from '../app/api.js';
import { between, duration, number, resources, words } from '../app/format.js';
import { session } from '../app/session.js';
import { agentLink, jobLink } from './job-rows.js';
import { empty } from './states.js';
import { toast } from './toast.js';

const LOWEST = 1;
const HIGHEST = 10;
const KEYS = { ArrowUp: (p) => p + 1, ArrowDown: (p) => p - 1, Home: () => HIGHEST, End: () => LOWEST };
const within = (priority) => Math.min(HIGHEST, Math.max(LOWEST, priority));

class Waiting extends Element {
  /** jobs: those that wait; moved(job): told of each answer. */
  static properties = {
    jobs: { attribute: false },
    moved: { attribute: false },
    dragged: { state: true },
    over: { state: true },
    said: { state: true },
  };

  /** What was asked for and not answered yet, by job: keys may come faster than answers. */
  #wished = new Map();
  #sending = new Set();

  constructor() {
    super();
    this.jobs = [];
    this.moved = () => {};
    this.dragged = null;
    this.over = null;
    this.said = '';
  }

  render() {
    if (this.jobs.length === 0) return empty('Nobody waits.');
    return html`
      ${session.can('developer') ? html`<p class="reason" id="how-to-move">Drag a job by its handle to another priority, or focus the handle and press ↑ or ↓.
        Within one priority an owner's jobs start by age, between owners the fair share decides, and a long wait raises a job by itself: none of that can be changed here.</p>` : nothing}
      <p class="visually-hidden" aria-live="polite" id="moved">${this.said}</p>
      <div class="scroll-x" tabindex="0" role="region" aria-label="Waiting jobs">
        <table class="waiting ${this.dragged ? 'dragging' : ''}">
          <thead><tr><th scope="col"><span class="visually-hidden">Move</span></th><th scope="col">Job</th><th scope="col">Priority</th>
            <th scope="col">Why</th><th scope="col">Owner</th><th scope="col" class="extra">Needs</th><th scope="col" class="extra">Queue</th>
            <th scope="col" class="extra">Agent</th><th scope="col" class="extra right">Waits</th></tr></thead>
          <tbody @dragover=${(e) => this.#dragOver(e)} @drop=${(e) => this.#drop(e)} @dragleave=${(e) => this.#left(e)}>
            ${repeat(this.#lines(), (line) => line.key, (line) => (line.job ? this.#row(line.job) : this.#heading(line)))}
          </tbody>
        </table>
      </div>`;
  }

  /** Headings and jobs in one list. While a job is dragged every priority has its heading, to drop it there. */
  #lines() {
    const lines = [];
    for (let priority = HIGHEST; priority >= LOWEST; priority--) {
      const jobs = this.jobs.filter((job) => job.priority === priority);
      if (jobs.length === 0 && !this.dragged) continue;
      lines.push({ key: `priority ${priority}`, priority, count: jobs.length });
      for (const job of jobs.sort((a, b) => a.queued_at.localeCompare(b.queued_at))) lines.push({ key: job.id, job });
    }
    return lines;
  }

  #heading({ priority, count }) {
    return html`<tr class="priority ${this.over === priority ? 'over' : ''}" data-priority=${priority}>
      <th scope="rowgroup" colspan="9">Priority ${priority} <span class="reason">${count > 0 ? `${number(count)} waiting` : 'drop here'}</span></th></tr>`;
  }

  #row(job) {
    const priority = this.#wished.get(job.id) ?? job.priority;
    return html`<tr data-priority=${job.priority} class="${this.dragged === job ? 'dragged' : ''} ${this.over === job.priority ? 'over' : ''}">
      <td>${this.#may(job) ? this.#handle(job, priority) : nothing}</td>
      <th scope="row" class="row-head">${jobLink(job)}</th>
      <td class="nowrap">${this.#may(job) ? this.#steps(job, priority) : number(job.priority)}</td>
      <td><span title=${job.message ?? nothing}>${words(job.state === 'queued' ? (job.reason ?? 'queued') : job.state)}</span></td>
      <td>${job.owner}</td>
      <td class="extra">${resources(job.resource_requirements)}</td>
      <td class="extra">${job.queue}</td>
      <td class="extra">${agentLink(job)}</td>
      <td class="extra right">${duration(between(job.queued_at))}</td>
    </tr>`;
  }

  /** The server decides; this only hides what it would refuse. */
  #may(job) {
    return session.can('operator') || (session.can('developer') && job.owner === session.me?.username);
  }

  #handle(job, priority) {
    return html`<button type="button" class="handle" draggable="true" data-handle=${job.id} aria-describedby="how-to-move"
      aria-label="Move ${job.name}, priority ${priority}" @keydown=${(e) => this.#key(e, job)}
      @dragstart=${(e) => this.#start(e, job)} @dragend=${() => this.#end()}><span aria-hidden="true">⠿</span></button>`;
  }

  #steps(job, priority) {
    const step = (by, text, sign) => html`<button type="button" class="button quiet" aria-label="${text} priority of ${job.name}"
      ?disabled=${within(priority + by) === priority} @click=${() => this.#move(job, priority + by)}>${sign}</button>`;
    return html`${step(-1, 'Lower', '−')} <b>${priority}</b> ${step(1, 'Raise', '+')}`;
  }

  #key(event, job) {
    const next = KEYS[event.key];
    if (!next) return;
    event.preventDefault();
    this.#move(job, next(this.#wished.get(job.id) ?? job.priority), true);
  }

  #start(event, job) {
    event.dataTransfer.setData('text/plain', job.name);
    event.dataTransfer.effectAllowed = 'move';
    setTimeout(() => (this.dragged = job)); // a table that changes at once ends the drag in some browsers
  }

  #end() {
    this.dragged = null;
    this.over = null;
  }

  #target(event) {
    const row = this.dragged && event.target.closest?.('[data-priority]');
    return row ? Number(row.dataset.priority) : null;
  }

  #dragOver(event) {
    const priority = this.#target(event);
    if (priority === null) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = priority === this.dragged.priority ? 'none' : 'move';
    this.over = priority === this.dragged.priority ? null : priority;
  }

  #left(event) {
    if (!event.currentTarget.contains(event.relatedTarget)) this.over = null;
  }

  #drop(event) {
    const priority = this.#target(event);
    if (priority === null) return;
    event.preventDefault();
    const job = this.dragged;
    this.#end();
    this.#move(job, priority);
  }

  /** One request a job at a time; the latest wish follows. */
  async #move(job, wish, focus = false) {
    const priority = within(wish);
    if (priority === (this.#wished.get(job.id) ?? job.priority)) {
      this.said = `${job.name} has priority ${priority} already.`;
      return;
    }
    this.#wished.set(job.id, priority);
    this.requestUpdate();
    if (this.#sending.has(job.id)) return;
    this.#sending.add(job.id);
    try {
      await this.#send(job);
    } finally {
      this.#sending.delete(job.id);
      this.#wished.delete(job.id);
      this.requestUpdate();
    }
    await this.updateComplete;
    if (focus) this.querySelector(`[data-handle="${job.id}"]`)?.focus();
  }

  async #send(job) {
    let answered = job.priority;
    try {
      while (this.#wished.get(job.id) !== answered) {
        const moved = await api.patch(path`/jobs/${job.id}`, { priority: this.#wished.get(job.id) });
        answered = moved.priority;
        this.moved(moved);
      }
      await this.updateComplete;
      this.said = `${job.name} has priority ${answered} now. ${this.#place(job.id)}`;
    } catch (e) {
      toast(e.message, 'bad');
      this.said = `${job.name} stays at priority ${answered}. ${e.message}`;
    }
  }

  #place(id) {
    const order = this.#lines().filter((line) => line.job);
    const place = order.findIndex((line) => line.job.id === id);
    return place < 0 ? 'It waits no more.' : `Line ${place + 1} of ${order.length} in this list.`;
  }
}

customElements.define('sm-waiting', Waiting);
