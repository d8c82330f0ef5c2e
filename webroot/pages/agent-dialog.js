import { html } from '../app/element.js';
import { openDialog } from '../components/dialog.js';
import '../components/body-form.js';

const TYPES = ['research', 'evaluation', 'simulation', 'real_deployment'].map((type) => [type, type.replace('_', ' ')]);
const RUNNERS = [['', 'as the server chooses'], ['process', 'process'], ['simulation', 'simulation: no real work']];

const FIELDS = [
  { at: ['name'], label: 'Name', kind: 'text', required: true },
  { at: ['type'], label: 'Type', kind: 'select', options: TYPES, required: true },
  { at: ['version'], label: 'Version', kind: 'text', hint: '1.0.0 if left empty' },
  { at: ['runner'], label: 'Runner', kind: 'select', options: RUNNERS },
  { at: ['command'], label: 'Command', kind: 'lines', hint: 'The program and its arguments, one on each line; no shell reads it' },
  { at: ['working_dir'], label: 'Working directory', kind: 'text' },
  { at: ['docker_image'], label: 'Container image', kind: 'text' },
  { at: ['resource_requirements', 'cpu'], label: 'CPU', kind: 'text', hint: 'Such as 2 or 500m' },
  { at: ['resource_requirements', 'memory'], label: 'Memory', kind: 'text', hint: 'Such as 4Gi' },
  { at: ['resource_requirements', 'gpu'], label: 'GPU', kind: 'text', hint: 'Such as 1' },
  { at: ['budget_limit'], label: 'Budget in dollars', kind: 'text', hint: 'No limit if left empty' },
  { at: ['description'], label: 'Description', kind: 'text' },
  { at: ['config'], label: 'Configuration', kind: 'json', hint: 'Free form; its hyperparameters are the defaults of the jobs' },
];

/** Resolves with the new agent, or undefined. */
export function createAgent() {
  const body = { name: '', type: 'research' };
  return openDialog('Create agent', (close) => html`<sm-body-form .fields=${FIELDS} .body=${body}
    .to=${'/agents'} .action=${'Create agent'} .done=${close}></sm-body-form>`, true);
}
