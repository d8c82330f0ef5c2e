// The live log of a job: reads over REST, follows live frames, draws only the rows in sight.
import { Element, html, nothing } from '../app/element.js';
import { api, path } from '../app/api.js';
import { LogText } from '../app/log-text.js';
import { number } from '../app/format.js';
import { attempt } from './toast.js';

const NEWLINE = 10;
const ROW = 18;
const AROUND = 20;
const CHUNK = 1_048_576;
const CHUNKS_AT_ONCE = 8;

class Log extends Element {
  static properties = {
    jobId: { attribute: false },
    running: { attribute: false },
    follow: { state: true },
    search: { state: true },
    hit: { state: true },
    more: { state: true },
    error: { state: true },
  };

  #text = new LogText();
  #reading = null;
  #waiting = [];
  #top = 0;

  constructor() {
    super();
    this.running = false;
    this.follow = true;
    this.search = '';
    this.hit = 0;
    this.more = false;
    this.error = null;
    this.read = false;
  }

  firstUpdated() {
    this.catchUp();
  }

  /** A live frame. While REST is being read it waits. */
  append(frame) {
    if (this.#reading || this.more) {
      if (this.#waiting.push(frame) > 1000) this.#waiting.shift();
      return;
    }
    if (this.#text.frame(frame.offset, frame.lines)) this.requestUpdate();
    else this.catchUp();
  }

  /** Reads from where the text ends to the end of the log, in chunks. */
  catchUp() {
    this.#reading ??= this.#readChunks().finally(() => {
      this.#reading = null;
      const waiting = this.more ? [] : this.#waiting.splice(0);
      const whole = waiting.every((frame) => this.#text.frame(frame.offset, frame.lines));
      this.requestUpdate();
      if (!whole && !this.error) this.catchUp();
    });
    return this.#reading;
  }

  async #readChunks() {
    try {
      this.error = null;
      for (let i = 0; i < CHUNKS_AT_ONCE; i++) {
        const params = { offset: this.#text.end, limit_bytes: CHUNK };
        const bytes = await api.bytes(path`/jobs/${this.jobId}/logs`, params);
        const isLast = bytes.length < CHUNK;
        const taken = this.#text.chunk(bytes, isLast ? !this.running : !bytes.includes(NEWLINE));
        this.read = true;
        this.more = !isLast;
        this.requestUpdate();
        if (isLast || taken === 0) return;
      }
    } catch (e) {
      this.error = e;
    }
  }

  render() {
    const { lines, dropped } = this.#text;
    const hits = this.#hits();
    const at = hits.length > 0 ? hits[this.hit % hits.length] : -1;
    return html`
      <div class="log-tools">
        <label class="search"><span class="visually-hidden">Search the log</span>
          <input type="search" placeholder="Search" .value=${this.search} @input=${(e) => this.#find(e.target.value)}
            @keydown=${(e) => e.key === 'Enter' && this.#step(e.shiftKey ? -1 : 1)}></label>
        <span class="hits" role="status">${this.search ? `${hits.length > 0 ? (this.hit % hits.length) + 1 : 0} of ${hits.length}` : ''}</span>
        <button class="button quiet" ?disabled=${hits.length === 0} @click=${() => this.#step(-1)}>Previous</button>
        <button class="button quiet" ?disabled=${hits.length === 0} @click=${() => this.#step(1)}>Next</button>
        <span class="gap"></span>
        <label class="check"><input type="checkbox" .checked=${this.follow} @change=${(e) => (this.follow = e.target.checked)}> Follow</label>
        <button class="button quiet" @click=${() => this.#save()}>Download</button>
      </div>
      ${dropped > 0 ? html`<p class="log-note">The first ${number(dropped)} lines are left out here; the download has all.</p>` : nothing}
      ${this.error ? html`<div class="notice bad" role="alert"><p>${this.error.message}</p>
        <button class="button" @click=${() => this.catchUp()}>Try again</button></div>` : nothing}
      <div class="log" tabindex="0" role="region" aria-label="Log" @scroll=${() => this.#scrolled()}>
        ${lines.length === 0 ? html`<p class="log-empty">${this.#nothingYet()}</p>` : this.#rows(lines, at)}
      </div>
      ${this.more ? html`<button class="button" @click=${() => this.catchUp()}>Read on</button>` : nothing}`;
  }

  #nothingYet() {
    if (!this.read) return this.error ? '' : 'Loading';
    return this.running ? 'No output yet' : 'The job wrote no log';
  }

  #rows(lines, at) {
    const height = this.querySelector('.log')?.clientHeight ?? 360;
    const top = this.follow ? Math.max(0, lines.length * ROW - height) : this.#top;
    const first = Math.max(0, Math.floor(top / ROW) - AROUND);
    const last = Math.min(lines.length, Math.ceil((top + height) / ROW) + AROUND);
    return html`<div class="log-space" style="height:${lines.length * ROW}px">
      <div class="log-rows" style="transform:translateY(${first * ROW}px)">
        ${lines.slice(first, last).map((line, i) => html`<div class="log-row ${first + i === at ? 'at' : ''}"><span
          class="line-no">${this.#text.dropped + first + i + 1}</span>${this.#marked(line)}</div>`)}
      </div>
    </div>`;
  }

  #marked(line) {
    const found = this.search ? line.toLowerCase().indexOf(this.search.toLowerCase()) : -1;
    if (found < 0) return line;
    const end = found + this.search.length;
    return html`${line.slice(0, found)}<mark>${line.slice(found, end)}</mark>${line.slice(end)}`;
  }

  #hits() {
    if (!this.search) return [];
    const wanted = this.search.toLowerCase();
    const hits = [];
    this.#text.lines.forEach((line, i) => line.toLowerCase().includes(wanted) && hits.push(i));
    return hits;
  }

  #find(text) {
    this.search = text;
    this.hit = 0;
    this.#show();
  }

  #step(by) {
    const count = this.#hits().length;
    if (count === 0) return;
    this.hit = (this.hit + by + count) % count;
    this.#show();
  }

  #show() {
    const hits = this.#hits();
    if (hits.length === 0) return;
    this.follow = false;
    const box = this.querySelector('.log');
    box.scrollTop = Math.max(0, hits[this.hit] * ROW - box.clientHeight / 2);
  }

  updated() {
    const box = this.querySelector('.log');
    if (this.follow && box) box.scrollTop = box.scrollHeight;
  }

  /** Scrolling up ends following, scrolling to the end begins it again. */
  #scrolled() {
    const box = this.querySelector('.log');
    const moved = box.scrollTop - this.#top;
    this.#top = box.scrollTop;
    if (box.scrollHeight - box.scrollTop - box.clientHeight < ROW) this.follow = true;
    else if (moved < 0) this.follow = false;
    this.requestUpdate();
  }

  #save() {
    const params = { limit_bytes: 10 * CHUNK };
    attempt(() => api.download(path`/jobs/${this.jobId}/logs`, `${this.jobId}.log`, params));
  }
}

customElements.define('sm-log', Log);
