// One machine: what it has, how full it is, what runs there; of a remote worker also its contact, load and orders.
import { Page, html, nothing } from '../app/element.js';
import { api } from '../app/api.js';
import { bytes, number, resources, time } from '../app/format.js';
import { href } from '../app/router.js';
import { badge, simulatedMark } from '../components/badge.js';
import { facts } from '../components/facts.js';
import { cpu, gpu, lastContact, machines, machineState, memory, workerButtons } from '../components/machines.js';
import { empty, loadedOr } from '../components/states.js';
import { table } from '../components/table.js';

const LOOK_EVERY = 5000;

class Runner extends Page {
  static properties = { name: { attribute: false } };

  #timer = null;

  connectedCallback() {
    super.connectedCallback();
    this.#timer = setInterval(() => this.reload(), LOOK_EVERY);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  async load(signal) {
    const [runners, workers] = await Promise.all([api.get('/runners', {}, signal), api.get('/workers', {}, signal)]);
    this.machine = machines(runners.items, workers.items).find((machine) => machine.name === this.name) ?? null;
  }

  render() {
    return html`
      <nav class="crumbs" aria-label="Breadcrumb"><a href="#/runners">Runners</a></nav>
      ${loadedOr(this, () => (this.machine ? this.#content() : empty(`No machine ${this.name} offers anything at present.`)))}`;
  }

  #content() {
    const { machine } = this;
    return html`
      <div class="head"><h1>${machine.name}</h1>${machineState(machine)}
        ${machine.remote ? workerButtons(machine.remote, () => this.reload()) : nothing}</div>
      <section class="panel"><h2>Capacity</h2>${table({ label: 'Capacity', columns: this.#columns(), rows: machine.runners, key: (runner) => runner.name, none: 'It offers nothing at present.' })}</section>
      ${machine.remote ? this.#remote(machine.remote) : html`<p class="reason">A server. <a href=${href('/jobs', { state: 'running' })}>Jobs that run</a></p>`}`;
  }

  #columns() {
    return [
      { name: 'Runner', lead: true, cell: (runner) => html`${runner.name} ${simulatedMark(runner)}` },
      { name: 'Jobs', right: true, cell: (runner) => number(runner.running_jobs) },
      { name: 'CPU', cell: cpu },
      { name: 'Memory', cell: memory },
      { name: 'GPUs', cell: gpu },
    ];
  }

  #remote(worker) {
    const { load } = worker;
    return html`
      <section class="panel"><h2>Runs there</h2>${table({
    label: 'Jobs',
    columns: [
      { name: 'Job', lead: true, cell: (job) => html`<a href=${href(`/jobs/${job.id}`)}>${job.name}</a>` },
      { name: 'State', cell: (job) => badge(job.state) },
      { name: 'Agent', cell: (job) => job.agent_name },
      { name: 'Holds', extra: true, cell: (job) => resources(job.resource_requirements) },
    ],
    rows: worker.jobs,
    key: (job) => job.id,
    none: 'Nothing runs there.',
  })}</section>
      <div class="columns even">
        <section class="panel"><h2>Worker</h2>${facts([
    ['Last contact', lastContact(worker)],
    ['Its jobs use', load?.cpu_cores === undefined ? null : `${number(load.cpu_cores)} cores, ${bytes(load.memory_bytes)}`],
    ['Its clock is ahead by', load?.clock_offset_seconds === undefined ? null : `${number(load.clock_offset_seconds)} s`],
    ['Runs jobs by', worker.runners.join(', ')],
    ['Attempts at once', number(worker.slots)],
    ['Version', worker.version],
    ['Address', worker.address],
    ['Owner', worker.owner],
    ['Labels', Object.entries(worker.labels).map(([key, value]) => `${key}=${value}`).join(', ') || null],
    ['Registered', html`<time datetime=${worker.registered_at}>${time(worker.registered_at)}</time>`],
  ])}</section>
        <section class="panel"><h2>GPUs</h2>${table({
    label: 'GPUs',
    columns: [
      { name: 'Id', lead: true, cell: (device) => device.id },
      { name: 'Name', cell: (device) => device.name },
      { name: 'Profile', extra: true, cell: (device) => device.profile },
      { name: 'Memory', right: true, cell: (device) => bytes(device.memory_bytes) },
      { name: 'State', cell: (device) => html`${badge(device.state)} ${device.reason ?? ''}` },
      { name: 'Job', cell: (device) => device.job && html`<a href=${href(`/jobs/${device.job}`)}>${device.job.slice(0, 8)}</a>` },
    ],
    rows: worker.gpus,
    key: (device) => device.id,
    none: 'It has none.',
  })}</section>
      </div>`;
  }
}
customElements.define('page-runner', Runner);
