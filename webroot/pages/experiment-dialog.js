// The forms for a comparison and for a sweep.
import { html } from '../app/element.js';
import { api, path } from '../app/api.js';
import { openDialog } from '../components/dialog.js';
import { attempt } from '../components/toast.js';
import '../components/body-form.js';
import '../components/rows-field.js';

const DIRECTIONS = [['minimize', 'lower is better'], ['maximize', 'higher is better']];
const COUNTS = [['last', 'its last value'], ['best', 'its best value']];
const METHODS = [['grid', 'grid: every combination'], ['random', 'random: drawn by chance'], ['asha', 'ASHA: random, bad ones are stopped early']];
const SCALES = [['', 'linear'], ['log', 'logarithmic']];
const TYPES = [['', 'decimal'], ['int', 'whole']];
const KEEP = [['all', 'of all trials'], ['best', 'of the best'], ['last', 'of the last']];

const WHAT = [
  { at: ['name'], label: 'Name', kind: 'text', required: true },
  { at: ['metric', 'name'], label: 'Metric', kind: 'text', required: true, hint: 'As the jobs report it, such as loss' },
  { at: ['metric', 'direction'], label: 'Direction', kind: 'select', options: DIRECTIONS, required: true },
  { at: ['metric', 'count'], label: 'What counts of a run', kind: 'select', options: COUNTS },
];

const LIMITS = [
  { at: ['max_concurrent'], label: 'Runs at once', kind: 'number', hint: '4 if left empty' },
  { at: ['budget_limit'], label: 'Budget in dollars', kind: 'text', hint: 'For all runs together; no limit if left empty' },
  { at: ['job', 'queue'], label: 'Queue', kind: 'text', hint: 'default if left empty' },
  { at: ['job', 'priority'], label: 'Priority', kind: 'number', hint: '1 to 10; 5 if left empty' },
];

const rows = (columns, noun, fresh) => (value, set) => html`<sm-rows-field .columns=${columns} .noun=${noun} .fresh=${fresh}
  .value=${value} .changed=${set}></sm-rows-field>`;

const GUARDRAILS = [
  { name: 'metric', label: 'Metric', kind: 'text' },
  { name: 'min', label: 'At least', kind: 'number' },
  { name: 'max', label: 'At most', kind: 'number' },
];

/** Versions of agents, read when an agent is chosen first. */
class Versions {
  #known = new Map();

  options(row, host) {
    const id = row.agent_id;
    if (id && !this.#known.has(id)) {
      this.#known.set(id, []);
      api.get(path`/agents/${id}/versions`, { limit: 100 })
        .then((page) => this.#known.set(id, page.items.map((one) => one.version)))
        .then(() => host.requestUpdate())
        .catch(() => this.#known.delete(id));
    }
    return [['', 'the present one'], ...(this.#known.get(id) ?? []).map((version) => [version, version])];
  }
}

const named = (agents) => agents.map((agent) => [agent.id, `${agent.name} (${agent.id})`]);
const defaults = (agent) => agent?.config?.hyperparameters ?? {};

function comparison(agents) {
  const versions = new Versions();
  const columns = [
    { name: 'name', label: (i) => (i === 0 ? 'Name (the baseline)' : 'Name'), kind: 'text' },
    { name: 'agent_id', label: 'Agent', kind: 'select', numeric: true, options: () => named(agents), also: () => ({ agent_version: '' }) },
    { name: 'agent_version', label: 'Version', kind: 'select', options: (row, host) => versions.options(row, host) },
    { name: 'hyperparameters', label: 'Hyperparameters', kind: 'json', hint: '{"learning_rate": 0.001}' },
  ];
  const fresh = (n) => ({ name: String.fromCharCode(65 + (n % 26)), agent_id: agents[0].id, hyperparameters: defaults(agents[0]) });
  const fields = [
    ...WHAT,
    { at: ['variants'], label: 'Variants', kind: 'own', hint: 'Every variant runs once with each seed; the first is what the others are measured by.', view: rows(columns, 'variant', fresh) },
    { at: ['repetitions'], label: 'Repetitions of each', kind: 'number', hint: '5 if left empty' },
    { at: ['seeds'], label: 'Seeds', kind: 'list', hint: '1, 2, 3, … if left empty' },
    { at: ['confidence'], label: 'Confidence', kind: 'number', hint: '0.95 if left empty' },
    { at: ['min_effect'], label: 'Smallest difference that matters', kind: 'number', hint: 'Without it equality cannot be shown' },
    { at: ['guardrails'], label: 'Guardrails', kind: 'own', hint: 'A variant whose mean breaks one of these limits cannot win.', view: rows(GUARDRAILS, 'guardrail', () => ({})) },
    ...LIMITS,
  ];
  const body = { kind: 'compare', name: '', metric: { name: '', direction: 'minimize' }, variants: [fresh(0), fresh(1)] };
  return { fields, body };
}

/** What one method does not know is taken out when another is chosen. */
function methodChosen(body, method) {
  const sweep = { ...body.sweep, method };
  if (method === 'grid') delete sweep.trials;
  else sweep.trials ??= 20;
  if (method !== 'asha') for (const name of ['min_steps', 'max_steps', 'reduction_factor']) delete sweep[name];
  return { ...body, sweep };
}

const ranged = (row) => !row.values?.trim();
const PARAMETERS = [
  { name: 'name', label: 'Hyperparameter', kind: 'text', hint: 'learning_rate' },
  { name: 'values', label: 'Values', kind: 'list', hint: '16, 32, 64', double: true },
  { name: 'min', label: 'or lowest', kind: 'number', when: ranged },
  { name: 'max', label: 'to highest', kind: 'number', when: ranged },
  { name: 'scale', label: 'Scale', kind: 'select', options: () => SCALES, when: ranged },
  { name: 'type', label: 'Numbers', kind: 'select', options: () => TYPES, when: ranged },
  { name: 'count', label: 'Points in a grid', kind: 'number', when: ranged },
];

/** The body has parameters by name, the form has them in rows. */
function parameters(value, set) {
  const list = Object.entries(value ?? {}).map(([name, parameter]) => ({ name, ...parameter }));
  return html`<sm-rows-field .columns=${PARAMETERS} .noun=${'hyperparameter'} .value=${kept(value, list)}
    .changed=${(changed) => set(byName(changed))}></sm-rows-field>`;
}

const lists = new WeakMap();

/** The same list for the same value, so that typing does not begin anew at each key. */
function kept(value, list) {
  if (!value) return undefined;
  if (!lists.has(value)) lists.set(value, list);
  return lists.get(value);
}

function byName(changed) {
  const value = Object.fromEntries(changed.map(({ name = '', ...parameter }) => [name, parameter]));
  lists.set(value, changed);
  return value;
}

function sweep(agents) {
  const asha = (body) => body.sweep?.method === 'asha';
  const drawn = (body) => body.sweep?.method !== 'grid';
  const fields = [
    ...WHAT,
    { at: ['sweep', 'agent_id'], label: 'Agent', kind: 'select', numeric: true, options: named(agents), required: true },
    { at: ['sweep', 'agent_version'], label: 'Version', kind: 'text', hint: 'The present one if left empty' },
    { at: ['sweep', 'method'], label: 'Method', kind: 'select', options: METHODS, required: true, changed: methodChosen },
    { at: ['sweep', 'trials'], label: 'Trials', kind: 'number', required: true, when: drawn },
    { at: ['sweep', 'seed'], label: 'Seed', kind: 'number', hint: '1 if left empty' },
    { at: ['sweep', 'min_steps'], label: 'Steps before the first cut', kind: 'number', required: true, when: asha },
    { at: ['sweep', 'max_steps'], label: 'Steps at most', kind: 'number', required: true, when: asha },
    { at: ['sweep', 'reduction_factor'], label: 'One in so many goes on', kind: 'number', hint: '3 if left empty', when: asha },
    { at: ['sweep', 'parameters'], label: 'Search over', kind: 'own', hint: 'Either values with commas between, or a range.', view: parameters },
    { at: ['sweep', 'hyperparameters'], label: 'Other hyperparameters, the same for all', kind: 'json', rows: 3 },
    { at: ['checkpoints', 'keep'], label: 'Keep checkpoints', kind: 'select', options: KEEP },
    { at: ['checkpoints', 'count'], label: 'of so many', kind: 'number', hint: '1 if left empty', when: (body) => ['best', 'last'].includes(body.checkpoints?.keep) },
    ...LIMITS,
  ].map((field) => (field.at[1] === 'keep' ? { ...field, changed: keepChosen } : field));
  const body = {
    kind: 'sweep', name: '', metric: { name: '', direction: 'minimize' },
    sweep: { agent_id: agents[0].id, method: 'random', trials: 20, parameters: { '': {} }, hyperparameters: defaults(agents[0]) },
  };
  return { fields, body };
}

function keepChosen(body, keep) {
  const { checkpoints, ...others } = body;
  return keep === 'all' ? others : { ...others, checkpoints: { ...checkpoints, keep } };
}

/** kind: compare or sweep. Resolves with the new experiment, or undefined. */
export async function createExperiment(kind) {
  const agents = await attempt(() => api.all('/agents', {}, 2000));
  if (!agents) return undefined;
  const title = kind === 'compare' ? 'New comparison' : 'New sweep';
  if (agents.length === 0) {
    await openDialog(title, (close) => html`<p>There is no agent yet. Create one first: every trial is a job of an agent.</p>
      <div class="buttons"><button class="button" @click=${() => close()}>Close</button></div>`);
    return undefined;
  }
  const { fields, body } = kind === 'compare' ? comparison(agents) : sweep(agents);
  return openDialog(title, (close) => html`<sm-body-form .fields=${fields} .body=${body} .to=${'/experiments'}
    .action=${kind === 'compare' ? 'Start comparison' : 'Start sweep'} .done=${close}></sm-body-form>`, true);
}
