import { Page, html, nothing } from '../app/element.js';
import { api } from '../app/api.js';
import { money, number, resources, words } from '../app/format.js';
import { go, href } from '../app/router.js';
import { session } from '../app/session.js';
import { simulatedMark } from '../components/badge.js';
import { budget } from '../components/progress.js';
import { loadedOr } from '../components/states.js';
import { table } from '../components/table.js';
import { attempt } from '../components/toast.js';
import { createAgent } from './agent-dialog.js';

const COLUMNS = [
  { name: 'Agent', lead: true, cell: (a) => html`<a href=${href(`/agents/${a.id}`)}>${a.name}</a> ${simulatedMark(a)}` },
  { name: 'Id', right: true, extra: true, cell: (a) => a.id },
  { name: 'Type', cell: (a) => words(a.type) },
  { name: 'Version', extra: true, cell: (a) => a.version },
  { name: 'Owner', extra: true, cell: (a) => a.owner },
  { name: 'Needs', extra: true, cell: (a) => resources(a.resource_requirements) },
  { name: 'Active jobs', right: true, cell: (a) => number(a.active_jobs) },
  { name: 'Budget', cell: (a) => budget(a.spent, a.budget_limit, money) },
];

class Agents extends Page {
  topics() {
    return ['agents'];
  }

  async load(signal) {
    const page = await api.get('/agents', { limit: 50 }, signal);
    this.items = page.items;
    this.cursor = page.next_cursor;
  }

  async #more() {
    const page = await attempt(() => api.get('/agents', { limit: 50, cursor: this.cursor }));
    if (!page) return;
    this.items = [...this.items, ...page.items];
    this.cursor = page.next_cursor;
    this.requestUpdate();
  }

  frame(frame) {
    if (frame.type !== 'agent' || !this.loaded) return;
    if (this.items.some((agent) => agent.id === frame.agent.id)) {
      this.items = this.items.map((agent) => (agent.id === frame.agent.id ? { ...agent, ...frame.agent } : agent));
    } else this.reload();
  }

  render() {
    const create = html`<button class="button primary push" id="create-agent" @click=${() => this.#create()}>Create agent</button>`;
    return html`
      <div class="head"><h1>Agents</h1>${session.can('developer') ? create : nothing}</div>
      ${loadedOr(this, () => html`
        <section class="panel">${table({ label: 'Agents', columns: COLUMNS, rows: this.items, key: (a) => a.id, none: 'There are no agents yet.' })}</section>
        ${this.cursor ? html`<div class="buttons"><button class="button" @click=${() => this.#more()}>Load more</button></div>` : nothing}`)}`;
  }

  async #create() {
    const agent = await createAgent();
    if (agent) go(`/agents/${agent.id}`);
  }
}

customElements.define('page-agents', Agents);
