import { html } from '../app/element.js';
import { path } from '../app/api.js';
import { openDialog } from '../components/dialog.js';
import '../components/body-form.js';

const CHECKS = [['', 'none: healthy while it runs'], ['http', 'HTTP'], ['tcp', 'TCP: the port is open'], ['command', 'command']];
const POLICIES = ['always', 'on_failure', 'never'].map((policy) => [policy, policy.replace('_', ' ')]);
const METRICS = [['queue_length', 'jobs that wait in a queue'], ['cpu', 'CPU in percent'], ['custom', 'a metric of the replicas']];

const checked = (body, type) => {
  const { health_check: old, ...rest } = body;
  return type ? { ...rest, health_check: { ...(type === old?.type ? old : {}), type } } : rest;
};
const is = (type) => (body) => body.health_check?.type === type;
const any = (body) => Boolean(body.health_check);

const FIELDS = [
  { at: ['version'], label: 'Version of the agent', kind: 'text', hint: 'The present one if left empty' },
  { at: ['replicas'], label: 'Replicas', kind: 'number' },
  { at: ['port'], label: 'Port', kind: 'number', hint: 'Replicas on one machine get ports of their own; PORT tells them' },
  { at: ['restart_policy'], label: 'Restart', kind: 'select', options: POLICIES },
  { at: ['health_check', 'type'], label: 'Health check', kind: 'select', options: CHECKS, changed: checked },
  { at: ['health_check', 'path'], label: 'Path', kind: 'text', hint: '/ if left empty', when: is('http') },
  { at: ['health_check', 'command'], label: 'Command', kind: 'lines', when: is('command'), required: true, hint: 'The program and its arguments, one on each line' },
  { at: ['health_check', 'interval_seconds'], label: 'Every so many seconds', kind: 'number', hint: '10 if left empty', when: any },
  { at: ['health_check', 'failure_threshold'], label: 'Failures until it is replaced', kind: 'number', hint: '3 if left empty', when: any },
  { at: ['health_check', 'initial_delay_seconds'], label: 'Seconds before the first look', kind: 'number', when: any },
  { at: ['rolling_update', 'max_surge'], label: 'More replicas during a rollout', kind: 'number', hint: '1 if left empty' },
  { at: ['rolling_update', 'max_unavailable'], label: 'Fewer healthy ones during a rollout', kind: 'number', hint: '0 if left empty' },
  { at: ['rolling_update', 'healthy_within_seconds'], label: 'Seconds without progress until it is rolled back', kind: 'number', hint: '300 if left empty' },
];

/** What POST takes of an answer; what is absent there is left out. */
function content(deployment) {
  const { replicas, port, health_check, restart_policy, rolling_update, queue, priority, resource_requirements } = deployment;
  const all = { replicas, port, health_check, restart_policy, rolling_update, queue, priority, resource_requirements };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));
}

/** Resolves with the deployment, or undefined. */
export function deploy(agentId, present) {
  const body = present ? content(present) : { replicas: 1 };
  return openDialog('Deploy', (close) => html`<sm-body-form .fields=${FIELDS} .body=${body}
    .to=${path`/agents/${agentId}/deployments`} .action=${'Deploy'} .done=${close}></sm-body-form>`, true);
}

/** Resolves with the deployment, or undefined. */
export function scale(agentId, { replicas }) {
  const fields = [{ at: ['replicas'], label: 'Replicas', kind: 'number', required: true }];
  return openDialog('Scale', (close) => html`<sm-body-form .fields=${fields} .body=${{ replicas }} .patch=${true}
    .to=${path`/agents/${agentId}/deployment`} .action=${'Scale'} .done=${close}></sm-body-form>`);
}

export const metricName = ({ metric, metric_name: name, queue }) =>
  name ?? (queue ? `jobs in ${queue}` : METRICS.find(([id]) => id === metric)?.[1] ?? metric);
