// Where jobs run: every machine with its runners, how full it is, and remote workers with their last contact.
import { Page, html, nothing } from '../app/element.js';
import { api } from '../app/api.js';
import { number } from '../app/format.js';
import { simulatedMark } from '../components/badge.js';
import { cpu, gpu, lastContact, machineLink, machines, machineState, memory, workerButtons } from '../components/machines.js';
import { empty, loadedOr } from '../components/states.js';
import { table } from '../components/table.js';

const LOOK_EVERY = 5000;

class Runners extends Page {
  #timer = null;

  connectedCallback() {
    super.connectedCallback();
    this.#timer = setInterval(() => this.reload(), LOOK_EVERY); // contact is time that passes, not a message
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  async load(signal) {
    const [runners, workers] = await Promise.all([api.get('/runners', {}, signal), api.get('/workers', {}, signal)]);
    this.rows = machines(runners.items, workers.items).flatMap((machine) => (machine.runners.length > 0 ? machine.runners : [null])
      .map((runner, i) => ({ machine, runner, first: i === 0 })));
  }

  render() {
    return html`
      <div class="head"><h1>Runners</h1></div>
      <p class="reason">Machines that run jobs. A GPU box joins with <code>stationmaster worker</code> and a token of the role worker.</p>
      ${loadedOr(this, () => (this.rows.length === 0
    ? empty('No machine offers anything at present.')
    : html`<section class="panel">${table({ label: 'Runners', columns: this.#columns(), rows: this.rows, key: ({ machine, runner }) => `${machine.name}/${runner?.name}`, none: '' })}</section>`))}`;
  }

  #columns() {
    return [
      { name: 'Machine', lead: true, cell: ({ machine, first }) => (first ? html`${machineLink(machine)} ${machineState(machine)}` : nothing) },
      { name: 'Runner', cell: ({ runner }) => (runner ? html`${runner.name} ${simulatedMark(runner)}` : nothing) },
      { name: 'Jobs', right: true, cell: ({ runner }) => number(runner?.running_jobs) },
      { name: 'CPU', cell: ({ runner }) => (runner ? cpu(runner) : nothing) },
      { name: 'Memory', extra: true, cell: ({ runner }) => (runner ? memory(runner) : nothing) },
      { name: 'GPUs', cell: ({ runner }) => (runner ? gpu(runner) : nothing) },
      { name: 'Last contact', extra: true, cell: ({ machine, first }) => (first && machine.remote ? lastContact(machine.remote) : nothing) },
      { name: '', cell: ({ machine, first }) => (first && machine.remote ? workerButtons(machine.remote, () => this.reload()) : nothing) },
    ];
  }
}
customElements.define('page-runners', Runners);
