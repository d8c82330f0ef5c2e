import { Page, html, nothing } from '../app/element.js';
import { api, path } from '../app/api.js';
import { money, number, resources, time, words } from '../app/format.js';
import { go, href } from '../app/router.js';
import { UsageSeries } from '../app/series.js';
import { session } from '../app/session.js';
import { simulatedMark } from '../components/badge.js';
import { confirm } from '../components/dialog.js';
import { facts, json } from '../components/facts.js';
import { jobTable, merged, withMetric } from '../components/job-rows.js';
import { budget } from '../components/progress.js';
import { loadedOr } from '../components/states.js';
import { table } from '../components/table.js';
import { attempt } from '../components/toast.js';
import { usageCharts } from '../components/usage-charts.js';
import { submitJob } from './job-dialog.js';
import '../components/secrets.js';

const RECENT = 10;

class Agent extends Page {
  static properties = { agentId: { attribute: false } };

  usage = new UsageSeries();

  topics() {
    return [`agent:${this.agentId}`];
  }

  async load(signal) {
    const base = path`/agents/${this.agentId}`;
    const [agent, versions, jobs] = await Promise.all([
      api.get(base, {}, signal),
      api.get(`${base}/versions`, { limit: 20 }, signal),
      api.get('/jobs', { agent_id: this.agentId, limit: RECENT }, signal),
    ]);
    Object.assign(this, { agent, versions: versions.items, jobs: jobs.items });
  }

  frame(frame) {
    if (frame.type === 'usage') this.usage.add(frame);
    if (!this.loaded) return;
    if (frame.type === 'agent') this.agent = { ...this.agent, ...frame.agent };
    if (frame.type === 'metric') this.jobs = this.jobs.map((job) => (job.id === frame.job_id ? withMetric(job, frame) : job));
    if (frame.type === 'job') this.#take(frame.job);
  }

  #take(job) {
    const known = this.jobs.some((other) => other.id === job.id);
    if (job.kind === 'service') return;
    if (known) this.jobs = this.jobs.map((other) => (other.id === job.id ? merged(other, job) : other));
    else this.jobs = [job, ...this.jobs].slice(0, RECENT);
  }

  render() {
    return html`
      <nav class="crumbs" aria-label="Breadcrumb"><a href="#/agents">Agents</a></nav>
      ${loadedOr(this, () => this.#content())}`;
  }

  #content() {
    const { agent } = this;
    const running = this.jobs.some((job) => job.state === 'running');
    return html`
      <div class="head"><h1>${agent.name}</h1><span class="pill idle">${words(agent.type)}</span>${simulatedMark(agent)}
        ${session.can('developer') ? this.#actions() : this.#deployment()}</div>
      ${agent.description ? html`<p class="lead">${agent.description}</p>` : nothing}
      <section class="panel"><h2>Budget</h2>${budget(agent.spent, agent.budget_limit, money)}</section>
      <section class="panel"><h2>CPU and memory now</h2>${usageCharts(this.usage, running)}</section>
      <section class="panel"><h2>Recent jobs</h2>
        ${jobTable(this.jobs, ['name', 'state', 'progress', 'cost', 'created', 'time'], 'Recent jobs', 'This agent has run no job yet.')}
        <p class="more"><a href=${href('/jobs', { agent_id: agent.id })}>All jobs of this agent</a></p>
      </section>
      <div class="columns even">
        <section class="panel"><h2>What runs</h2>${this.#facts()}</section>
        <div>
          <section class="panel"><h2>Versions</h2>${this.#versions()}</section>
          ${session.can('developer') ? html`<section class="panel"><h2>Secrets</h2><sm-secrets .agentId=${agent.id}></sm-secrets></section>` : nothing}
        </div>
      </div>`;
  }

  #deployment() {
    return html`<a class="button push" href=${href(`/agents/${this.agentId}/deployment`)}>Deployment</a>`;
  }

  #actions() {
    const busy = this.agent.active_jobs > 0;
    return html`<div class="actions">
      <button class="button danger" ?disabled=${busy} title=${busy ? 'Not while jobs are not finished' : nothing}
        @click=${() => this.#delete()}>Delete</button>
      <a class="button" href=${href(`/agents/${this.agentId}/deployment`)}>Deployment</a>
      <button class="button primary" @click=${() => this.#submit()}>Submit job</button>
    </div>`;
  }

  #facts() {
    const { agent } = this;
    return facts([
      ['Id', agent.id],
      ['Version', agent.version],
      ['Owner', agent.owner],
      ['Runner', agent.runner],
      ['Command', agent.command?.length ? html`<code>${agent.command.join(' ')}</code>` : null],
      ['Working directory', agent.working_dir && html`<code>${agent.working_dir}</code>`],
      ['Container image', agent.docker_image],
      ['Needs', resources(agent.resource_requirements)],
      ['Active jobs', number(agent.active_jobs)],
      ['Environment', json(agent.env)],
      ['Labels', json(agent.labels)],
      ['Configuration', json(agent.config)],
      ['Created', time(agent.created_at)],
      ['Changed', time(agent.updated_at)],
    ]);
  }

  #versions() {
    const columns = [
      { name: 'Version', lead: true, cell: (v) => html`${v.version}${v.current ? html` <span class="pill good">current</span>` : nothing}` },
      { name: 'Created', cell: (v) => time(v.created_at) },
      { name: 'By', extra: true, cell: (v) => v.created_by },
      { name: 'Digest', extra: true, cell: (v) => html`<code title=${v.digest}>${v.digest?.slice(0, 10)}</code>` },
    ];
    const back = (v) => html`<button class="button quiet" @click=${() => this.#rollback(v)}>Make current</button>`;
    if (session.can('developer')) columns.push({ name: '', right: true, cell: (v) => (v.current ? nothing : back(v)) });
    return table({ label: 'Versions', columns, rows: this.versions, key: (v) => v.version, none: 'No versions.' });
  }

  async #rollback({ version }) {
    const text = `New jobs of ${this.agent.name} will run version ${version}. Jobs already submitted keep theirs.`;
    if (!(await confirm({ title: `Make ${version} current?`, text, action: 'Make current' }))) return;
    await attempt(() => api.post(path`/agents/${this.agentId}/rollback`, { version }), `Version ${version} is current.`);
    this.reload();
  }

  async #delete() {
    const text = ['The agent can run no more jobs and its secrets are removed.', 'Its finished jobs, logs and costs stay.'];
    const sure = await confirm({ title: `Delete ${this.agent.name}?`, text, action: 'Delete agent', danger: true });
    if (!sure) return;
    const done = await attempt(() => api.delete(path`/agents/${this.agentId}`).then(() => true), 'The agent is deleted.');
    if (done) go('/agents');
  }

  async #submit() {
    const job = await submitJob(this.agentId);
    if (job) go(`/jobs/${job.id}`);
  }
}

customElements.define('page-agent', Agent);
