import { html } from '../app/element.js';
import { api } from '../app/api.js';
import { openDialog } from '../components/dialog.js';
import { attempt } from '../components/toast.js';
import '../components/body-form.js';

function fields(agents) {
  const options = agents.map((agent) => [agent.id, `${agent.name} (${agent.id}, ${agent.version})`]);
  const defaults = (body) => {
    const agent = agents.find((other) => other.id === body.agent_id);
    return { ...body, hyperparameters: agent?.config?.hyperparameters ?? {} };
  };
  return [
    { at: ['agent_id'], label: 'Agent', kind: 'select', numeric: true, options, required: true, changed: defaults },
    { at: ['name'], label: 'Name', kind: 'text', required: true },
    { at: ['priority'], label: 'Priority', kind: 'number', hint: '1 to 10, higher runs sooner; 5 if left empty' },
    { at: ['max_attempts'], label: 'Attempts at most', kind: 'number', hint: '1 if left empty' },
    { at: ['timeout_seconds'], label: 'Time limit in seconds', kind: 'number', hint: 'No limit of its own if left empty' },
    { at: ['resource_requirements', 'cpu'], label: 'CPU', kind: 'text', hint: 'Such as 2 or 500m; the agent decides if left empty' },
    { at: ['resource_requirements', 'memory'], label: 'Memory', kind: 'text', hint: 'Such as 4Gi' },
    { at: ['resource_requirements', 'gpu'], label: 'GPU', kind: 'text', hint: 'Such as 1' },
    { at: ['hyperparameters'], label: 'Hyperparameters', kind: 'json', rows: 5 },
    { at: ['training_config'], label: 'Training configuration', kind: 'json', rows: 3 },
  ];
}

/** Resolves with the new job, or undefined. agentId chooses the agent beforehand. */
export async function submitJob(agentId = null) {
  const agents = await attempt(() => api.all('/agents', {}, 2000));
  if (!agents) return undefined;
  const chosen = agents.find((agent) => agent.id === agentId) ?? agents[0];
  if (!chosen) {
    await openDialog('Submit job', (close) => html`<p>There is no agent yet. Create one first: a job is a run of an agent.</p>
      <div class="buttons"><button class="button" @click=${() => close()}>Close</button></div>`);
    return undefined;
  }
  const body = { agent_id: chosen.id, name: '', hyperparameters: chosen.config?.hyperparameters ?? {}, training_config: {} };
  return openDialog('Submit job', (close) => html`<sm-body-form .fields=${fields(agents)} .body=${body}
    .to=${'/jobs'} .action=${'Submit job'} .done=${close}></sm-body-form>`, true);
}
