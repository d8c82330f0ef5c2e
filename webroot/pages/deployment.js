// The deployment of an agent: its replicas and their health, how its rollout stands, what happened, how it is scaled.
import { Page, html, nothing } from '../app/element.js';
import { api, path } from '../app/api.js';
import { bytes, money, number, time, words } from '../app/format.js';
import { href } from '../app/router.js';
import { session } from '../app/session.js';
import { badge } from '../components/badge.js';
import { confirm } from '../components/dialog.js';
import { eventList } from '../components/event-list.js';
import { facts, figure, json } from '../components/facts.js';
import { empty, loadedOr } from '../components/states.js';
import { table } from '../components/table.js';
import { attempt } from '../components/toast.js';
import { deploy, metricName, scale } from './deployment-dialog.js';
import '../components/chart.js';

/** Replicas change together; one look serves all of them. */
const SOON = 300;
const whole = (value) => number(value);

class Deployment extends Page {
  static properties = { agentId: { attribute: false } };

  #due = null;

  topics() {
    return [`deployment:${this.agentId}`];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.#due);
  }

  async load(signal) {
    const base = path`/agents/${this.agentId}`;
    const [agent, revisions, events, decisions] = await Promise.all([
      api.get(base, {}, signal),
      api.get(`${base}/deployments`, { limit: 20 }, signal),
      api.get(`${base}/deployment/events`, { limit: 50 }, signal),
      api.get(`${base}/scaling/decisions`, { limit: 100 }, signal),
    ]);
    const deployment = revisions.items.length > 0 ? await api.get(`${base}/deployment`, {}, signal) : null;
    Object.assign(this, { agent, deployment, revisions: revisions.items, events: events.items, decisions: decisions.items });
  }

  frame(frame) {
    if (frame.type !== 'deployment') return;
    this.#due ??= setTimeout(() => {
      this.#due = null;
      this.reload();
    }, SOON);
  }

  render() {
    return html`
      <nav class="crumbs" aria-label="Breadcrumb"><a href="#/agents">Agents</a> <a href=${href(`/agents/${this.agentId}`)}>${this.agent?.name ?? this.agentId}</a></nav>
      ${loadedOr(this, () => this.#content())}`;
  }

  #content() {
    const { deployment } = this;
    return html`
      <div class="head"><h1>Deployment of ${this.agent.name}</h1>${deployment ? badge(deployment.state) : nothing}
        ${session.can('developer') ? this.#actions() : nothing}</div>
      ${deployment ? this.#deployed() : empty('This agent was never deployed. A deployment keeps it up: its replicas are watched and replaced.')}`;
  }

  #actions() {
    const active = this.deployment?.state === 'active';
    return html`<div class="actions">
      ${active ? html`<button class="button danger" id="stop" @click=${() => this.#stop()}>Stop</button>
        <button class="button" id="scale" @click=${() => this.#scale()}>Scale</button>` : nothing}
      <button class="button primary" id="deploy" @click=${() => this.#deploy()}>Deploy</button>
    </div>`;
  }

  #deployed() {
    return html`
      ${this.#why()}
      ${this.#figures()}
      <section class="panel"><h2>Replicas</h2>${this.#replicas()}</section>
      <section class="panel"><h2>Scaling</h2>${this.#scaling()}</section>
      <div class="columns even">
        <section class="panel"><h2>Revisions</h2>${this.#revisions()}</section>
        <section class="panel"><h2>What happened</h2>${eventList(this.events, 'Events of the deployment', 'Nothing yet.')}</section>
      </div>
      <section class="panel"><h2>Settings</h2>${this.#facts()}</section>`;
  }

  #why() {
    const { rollout, reason, message } = this.deployment;
    if (rollout !== 'failed') return nothing;
    return html`<div class="notice bad"><p><strong>The rollout failed: ${words(reason)}.</strong> ${message ?? ''}</p></div>`;
  }

  #figures() {
    const d = this.deployment;
    return html`<section class="figures" aria-label="Figures">
      ${figure('Healthy', `${number(d.healthy_replicas)} of ${number(d.replicas)}`, `${number(d.updated_replicas)} of revision ${d.revision}`)}
      ${figure('Rollout', badge(d.rollout), `version ${d.version}`)}
      ${figure('Restarts', number(d.restarts))}
      ${figure('Cost', money(d.cost), `${money(d.cost_per_hour)} an hour now`)}
    </section>`;
  }

  #replicas() {
    const columns = [
      { name: 'Replica', lead: true, cell: (r) => html`<code>${r.id.slice(-6)}</code>` },
      { name: 'State', cell: (r) => html`${badge(r.state)} ${r.message ? html`<span class="reason">${r.message}</span>` : nothing}` },
      { name: 'Health', extra: true, cell: (r) => html`<span class="reason">${r.health_message ?? nothing}</span>` },
      { name: 'Revision', right: true, cell: (r) => number(r.revision) },
      { name: 'Restarts', right: true, cell: (r) => number(r.restarts) },
      { name: 'Address', cell: (r) => (r.address ? html`<code>${r.address}</code>` : nothing) },
      { name: 'Runner', extra: true, cell: (r) => [r.runner, r.worker].filter(Boolean).join(' on ') },
      { name: 'CPU', right: true, extra: true, cell: (r) => number(r.cpu_cores, 3) },
      { name: 'Memory', right: true, extra: true, cell: (r) => bytes(r.memory_bytes) },
      { name: 'Job', cell: (r) => (r.job_id ? html`<a href=${href(`/jobs/${r.job_id}`)}>log</a>` : nothing) },
    ];
    return table({ label: 'Replicas', columns, rows: this.deployment.instances, key: (r) => r.id, none: 'There are none.' });
  }

  #scaling() {
    const { scaling } = this.deployment;
    const held = this.decisions.find((decision) => decision.held_by);
    return html`
      ${scaling ? html`<p>${scaling.enabled ? 'Scaled' : 'Not scaled at present: the policy is switched off. Otherwise scaled'} by ${metricName(scaling)}, ${number(scaling.target)} for each replica,
        between ${number(scaling.min)} and ${number(scaling.max)} replicas.</p>` : html`<p>By hand: the agent has no scaling policy.</p>`}
      ${scaling && held && held === this.decisions[0] ? html`<p class="reason">${held.message}</p>` : nothing}
      ${this.decisions.length > 0 ? html`<div class="charts wide"><sm-chart label="Replicas wanted" x="time" .series=${series(this.decisions)} .format=${whole}></sm-chart></div>
        ${this.#decisions()}` : nothing}`;
  }

  #decisions() {
    const columns = [
      { name: 'At', lead: true, cell: (d) => time(d.last_at) },
      { name: 'Measured', right: true, cell: (d) => number(d.value) },
      { name: 'Target', right: true, extra: true, cell: (d) => number(d.target) },
      { name: 'Desired', right: true, cell: (d) => number(d.desired) },
      { name: 'Replicas', right: true, cell: (d) => (d.applied === d.replicas ? number(d.applied) : `${d.replicas} → ${d.applied}`) },
      { name: 'Held by', cell: (d) => (d.held_by ? words(d.held_by) : nothing) },
      { name: 'Times', right: true, extra: true, cell: (d) => number(d.times) },
    ];
    return table({ label: 'Decisions', columns, rows: this.decisions.slice(0, 10), key: (d) => d.seq, none: '' });
  }

  #revisions() {
    const columns = [
      { name: 'Revision', lead: true, cell: (r) => html`${r.revision}${r.revision === this.deployment.revision ? html` <span class="pill idle">present</span>` : nothing}` },
      { name: 'Version', cell: (r) => html`${r.version}${r.rollback_to ? html` <span class="reason">as ${r.rollback_to}</span>` : nothing}` },
      { name: 'Outcome', cell: (r) => html`${badge(r.state)} ${r.message ? html`<span class="reason">${r.message}</span>` : nothing}` },
      { name: 'Made', extra: true, cell: (r) => `${time(r.created_at)} by ${r.created_by}` },
    ];
    const back = (r) => html`<button class="button quiet" data-revision=${r.revision} @click=${() => this.#rollback(r)}>Roll back to it</button>`;
    if (session.can('developer')) columns.push({ name: '', right: true, cell: (r) => (r.revision === this.deployment.revision ? nothing : back(r)) });
    return table({ label: 'Revisions', columns, rows: this.revisions, key: (r) => r.revision, none: 'None.' });
  }

  #facts() {
    const d = this.deployment;
    return facts([
      ['Owner', d.owner],
      ['Port', d.port],
      ['Restart', words(d.restart_policy)],
      ['Health check', json(d.health_check)],
      ['Rolling update', json(d.rolling_update)],
      ['Queue', d.queue],
      ['Made', time(d.created_at)],
    ]);
  }

  async #deploy() {
    const made = await deploy(this.agentId, this.deployment);
    if (made) this.reload();
  }

  async #scale() {
    const scaled = await scale(this.agentId, this.deployment);
    if (scaled) this.reload();
  }

  async #rollback({ revision, version }) {
    const text = `A new revision with the content of revision ${revision} (version ${version}) is rolled out, and the present replicas are replaced.`;
    if (!(await confirm({ title: `Roll back to revision ${revision}?`, text, action: 'Roll back' }))) return;
    await attempt(() => api.post(path`/agents/${this.agentId}/deployments/rollback`, { revision }), `Revision ${revision} is rolled out again.`);
    this.reload();
  }

  async #stop() {
    const text = ['All replicas are stopped, and what they serve is not available any more.', 'The history stays, and the agent can be deployed again.'];
    if (!(await confirm({ title: `Stop the deployment of ${this.agent.name}?`, text, action: 'Stop deployment', danger: true }))) return;
    await attempt(() => api.delete(path`/agents/${this.agentId}/deployment`), 'The deployment is being stopped.');
    this.reload();
  }
}

/** Oldest first; a decision that repeats itself is a line from its first to its last time. */
function series(decisions) {
  const applied = [];
  const desired = [];
  for (const d of [...decisions].reverse()) {
    for (const at of new Set([d.at, d.last_at])) {
      applied.push([Date.parse(at), d.applied]);
      desired.push([Date.parse(at), d.desired]);
    }
  }
  return [{ name: 'wanted', points: applied }, { name: 'by the measured value', points: desired }];
}

customElements.define('page-deployment', Deployment);
