// The base of all elements. They render into the page itself (no shadow root), so that one stylesheet and the browser's
// own labels, focus order and find-in-page work everywhere.
import { LitElement } from '../vendor/lit-3.3.3/lit.js';
import { live } from './live.js';

export { html, nothing, render } from '../vendor/lit-3.3.3/lit.js';
export { repeat } from '../vendor/lit-3.3.3/repeat.js';
export { keyed } from '../vendor/lit-3.3.3/keyed.js';
export { live as inSync } from '../vendor/lit-3.3.3/live.js';

export class Element extends LitElement {
  createRenderRoot() {
    return this;
  }
}

/**
 * A page: loads over REST, then follows its topics. A page gives topics(), load(signal), frame(frame), page().
 * error holds what the last load failed with; loaded stays true after the first success, so old data stays in sight.
 */
export class Page extends Element {
  static properties = {
    error: { state: true },
    loaded: { state: true },
    query: { attribute: false, hasChanged: (now, before) => JSON.stringify(now) !== JSON.stringify(before) },
  };

  #unwatch = null;
  #abort = null;
  #second = null;

  constructor() {
    super();
    this.error = null;
    this.loaded = false;
    this.query = {};
  }

  topics() {
    return [];
  }

  frame() {}

  connectedCallback() {
    super.connectedCallback();
    const topics = this.topics();
    if (topics.length > 0) {
      this.#unwatch = live.watch({
        topics,
        frame: (frame) => {
          this.frame(frame);
          this.requestUpdate();
        },
        resume: () => this.reload(),
      });
    }
    this.#second = setInterval(() => document.hidden || this.requestUpdate(), 1000);
    this.reload();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#unwatch?.();
    clearInterval(this.#second);
    this.#abort?.abort();
  }

  /** Reads all again; the newest call wins. */
  async reload() {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    try {
      await this.load(abort.signal);
      this.error = null;
      this.loaded = true;
    } catch (e) {
      if (!abort.signal.aborted) this.error = e;
    }
    if (!abort.signal.aborted) this.requestUpdate();
  }
}
