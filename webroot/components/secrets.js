// Names of an agent's secrets; values go in and never come out.
import { Element, html } from '../app/element.js';
import { api, path } from '../app/api.js';
import { time } from '../app/format.js';
import { confirm } from './dialog.js';
import { loadedOr, problem } from './states.js';
import { table } from './table.js';
import { toast, attempt } from './toast.js';

class Secrets extends Element {
  static properties = { agentId: { attribute: false }, items: { state: true }, error: { state: true }, refused: { state: true } };

  constructor() {
    super();
    this.items = [];
    this.loaded = false;
    this.error = null;
    this.refused = null;
  }

  firstUpdated() {
    this.reload();
  }

  async reload() {
    try {
      this.items = (await api.get(path`/agents/${this.agentId}/secrets`)).items;
      this.loaded = true;
      this.error = null;
    } catch (e) {
      this.error = e;
    }
  }

  render() {
    const columns = [
      { name: 'Name', lead: true, cell: (s) => html`<code>${s.name}</code>` },
      { name: 'Set', cell: (s) => time(s.updated_at) },
      { name: '', right: true, cell: (s) => html`<button class="button quiet" aria-label="Remove ${s.name}" @click=${() => this.#remove(s.name)}>Remove</button>` },
    ];
    return html`
      ${loadedOr(this, () => table({ label: 'Secrets', columns, rows: this.items, key: (s) => s.name, none: 'No secrets are set.' }))}
      <form class="inline" @submit=${(e) => this.#set(e)}>
        <label class="field">Name<input name="name" required pattern="[A-Za-z_][A-Za-z0-9_]*" maxlength="128" autocomplete="off"
          title="Letters, digits and _, not beginning with a digit"></label>
        <label class="field">Value<input name="value" type="password" required maxlength="8192" autocomplete="new-password"></label>
        <button class="button">Set secret</button>
      </form>
      ${problem(this.refused)}`;
  }

  async #set(event) {
    event.preventDefault();
    const form = event.target;
    const { name, value } = Object.fromEntries(new FormData(form));
    try {
      await api.put(path`/agents/${this.agentId}/secrets/${name}`, { value });
      this.refused = null;
      form.reset();
      toast(`The secret ${name} is set. The next job gets it.`);
      await this.reload();
    } catch (e) {
      this.refused = e;
    }
  }

  async #remove(name) {
    const text = `Jobs that start from now on do not get ${name}. Its value cannot be read back.`;
    if (!(await confirm({ title: `Remove ${name}?`, text, action: 'Remove secret', danger: true }))) return;
    await attempt(() => api.delete(path`/agents/${this.agentId}/secrets/${name}`), `The secret ${name} is removed.`);
    await this.reload();
  }
}

customElements.define('sm-secrets', Secrets);
