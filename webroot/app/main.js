// The shell: sign-in or navigation, and the page that the address names.
import { Element, html, keyed, nothing } from './element.js';
import { live } from './live.js';
import { current } from './router.js';
import { session } from './session.js';
import '../components/toast.js';
import '../pages/sign-in.js';
import '../pages/overview.js';
import '../pages/agents.js';
import '../pages/agent.js';
import '../pages/deployment.js';
import '../pages/jobs.js';
import '../pages/job.js';
import '../pages/dead-letters.js';
import '../pages/queues.js';
import '../pages/runners.js';
import '../pages/runner.js';
import '../pages/experiments.js';
import '../pages/experiment.js';
import '../pages/benchmarks.js';
import '../pages/compare.js';

const NAV = [
  ['', 'Overview'],
  ['jobs', 'Jobs'],
  ['queues', 'Queues'],
  ['experiments', 'Experiments'],
  ['benchmarks', 'Benchmarks'],
  ['agents', 'Agents'],
  ['runners', 'Runners'],
];
const LIVE = {
  off: ['idle', 'Not connected'],
  connecting: ['wait', 'Connecting'],
  live: ['good', 'Live'],
  stale: ['bad', 'Stale: reconnecting'],
};

class App extends Element {
  static properties = { ready: { state: true }, failure: { state: true }, message: { state: true } };

  constructor() {
    super();
    this.ready = false;
    this.failure = null;
    this.message = null;
    this.path = current().parts.join('/');
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener('hashchange', () => this.#moved());
    live.addEventListener('change', () => this.requestUpdate());
    session.addEventListener('change', (event) => {
      this.message = event.detail.message;
      this.requestUpdate();
    });
    this.#restore();
  }

  /** Another page: the focus goes to its start, as it would in a page load. A changed filter moves nothing. */
  async #moved() {
    const path = current().parts.join('/');
    this.requestUpdate();
    if (path === this.path) return;
    this.path = path;
    await this.updateComplete;
    document.getElementById('main')?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  async #restore() {
    this.failure = null;
    try {
      await session.restore();
      this.ready = true;
    } catch (e) {
      this.failure = e;
    }
  }

  render() {
    if (this.failure) {
      return html`<main class="alone"><div class="notice bad" role="alert"><p>${this.failure.message}</p>
        <button class="button" @click=${() => this.#restore()}>Try again</button></div></main>`;
    }
    if (!this.ready) return html`<main class="alone" aria-busy="true"></main>`;
    if (!session.me) return html`<sm-sign-in .message=${this.message}></sm-sign-in><sm-toasts></sm-toasts>`;
    const { parts, query } = current();
    const section = [...NAV, ['compare', 'Compare jobs'], ['dead-letters', 'Dead letters']].find(([id]) => id === (parts[0] ?? ''))?.[1] ?? 'Not found';
    document.title = `${[section, ...parts.slice(1)].join(' ')} - Stationmaster`;
    return html`
      <a class="skip" href="#main" @click=${skip}>Skip to content</a>
      ${this.#header(parts[0] ?? '')}
      <main id="main" tabindex="-1">${keyed(parts.join('/'), page(parts, query))}</main>
      <sm-toasts></sm-toasts>`;
  }

  #header(section) {
    const [tone, text] = LIVE[live.state];
    return html`<header class="shell">
      <a class="brand" href="#/"><img src="favicon.svg" alt="" width="20" height="20">Stationmaster</a>
      <nav aria-label="Main">
        ${NAV.map(([id, name]) => html`<a href="#/${id}" aria-current=${section === id ? 'page' : nothing}>${name}</a>`)}
      </nav>
      <div class="status"><span class="pill ${tone}" id="live" role="status">${text}</span></div>
      <div class="person">
        <label class="select-line">Theme
          <select aria-label="Theme" @change=${(e) => window.smTheme.set(e.target.value)}>
            ${['system', 'light', 'dark'].map((t) => html`<option ?selected=${window.smTheme.get() === t}>${t}</option>`)}
          </select>
        </label>
        <span class="who"><strong>${session.me.username}</strong> ${session.me.role}</span>
        <button class="button quiet" @click=${() => session.logout()}>Sign out</button>
      </div>
    </header>`;
  }
}

function page([section = '', id, part], query) {
  if (section === '') return html`<page-overview></page-overview>`;
  if (section === 'runners' && id) return html`<page-runner .name=${id}></page-runner>`;
  if (section === 'runners') return html`<page-runners></page-runners>`;
  if (section === 'agents' && id && part === 'deployment') return html`<page-deployment .agentId=${Number(id)}></page-deployment>`;
  if (section === 'agents' && id) return html`<page-agent .agentId=${Number(id)}></page-agent>`;
  if (section === 'agents') return html`<page-agents .query=${query}></page-agents>`;
  if (section === 'jobs' && id) return html`<page-job .jobId=${id}></page-job>`;
  if (section === 'jobs') return html`<page-jobs .query=${query}></page-jobs>`;
  if (section === 'experiments' && id) return html`<page-experiment .experimentId=${id}></page-experiment>`;
  if (section === 'experiments') return html`<page-experiments .query=${query}></page-experiments>`;
  if (section === 'benchmarks' && id) return html`<page-benchmark .benchmarkId=${id} .query=${query}></page-benchmark>`;
  if (section === 'benchmarks') return html`<page-benchmarks></page-benchmarks>`;
  if (section === 'dead-letters') return html`<page-dead-letters .query=${query}></page-dead-letters>`;
  if (section === 'compare') return html`<page-compare .query=${query}></page-compare>`;
  if (section === 'queues') return html`<page-queues .query=${query}></page-queues>`;
  return html`<h1>No such page</h1><p>There is nothing at this address. <a href="#/">Go to the overview.</a></p>`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById('main').focus();
}

customElements.define('sm-app', App);
