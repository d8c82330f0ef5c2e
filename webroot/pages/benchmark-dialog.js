import { html } from '../app/element.js';
import { api, path } from '../app/api.js';
import { openDialog } from '../components/dialog.js';
import { attempt } from '../components/toast.js';
import '../components/body-form.js';

const SUITE = [
  { at: ['name'], label: 'Name', kind: 'text', required: true },
  { at: ['repetitions'], label: 'Repetitions of each case', kind: 'number', hint: '5 if left empty' },
  { at: ['confidence'], label: 'Confidence', kind: 'number', hint: '0.95 if left empty' },
  { at: ['description'], label: 'Description', kind: 'text' },
  { at: ['cases'], label: 'Cases', kind: 'json', rows: 12, required: true,
    hint: 'Each has a name, its metric, and the training_config and hyperparameters that make it. They never change.' },
];

/** Resolves with the new suite, or undefined. */
export function createSuite() {
  const body = { name: '', cases: [{ name: 'clean', metric: { name: 'accuracy', direction: 'maximize' }, training_config: {} }] };
  return openDialog('New suite', (close) => html`<sm-body-form .fields=${SUITE} .body=${body} .to=${'/benchmarks'}
    .action=${'Create suite'} .done=${close}></sm-body-form>`, true);
}

/** Resolves with the experiment that runs it, or undefined. */
export async function runSuite(suite) {
  const all = await attempt(() => api.all('/agents', {}, 2000));
  if (!all) return undefined;
  const agents = all.filter((agent) => agent.type === 'evaluation');
  if (agents.length === 0) {
    return openDialog('Run suite', (close) => html`<p>Suites are run by agents of type evaluation, and there is none yet.</p>
      <div class="buttons"><button class="button" @click=${() => close()}>Close</button></div>`);
  }
  const fields = [
    { at: ['agent_id'], label: 'Agent', kind: 'select', numeric: true, required: true, options: agents.map((agent) => [agent.id, `${agent.name} (${agent.id}, ${agent.version})`]) },
    { at: ['version'], label: 'Version', kind: 'text', hint: 'The present one if left empty' },
    { at: ['max_concurrent'], label: 'Runs at once', kind: 'number', hint: '4 if left empty' },
    { at: ['budget_limit'], label: 'Budget in dollars', kind: 'text', hint: 'No limit if left empty' },
  ];
  return openDialog(`Run ${suite.name}`, (close) => html`<sm-body-form .fields=${fields} .body=${{ agent_id: agents[0].id }}
    .to=${path`/benchmarks/${suite.id}/runs`} .action=${'Run suite'} .done=${close}></sm-body-form>`, true);
}
