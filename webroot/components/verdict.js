// Verdicts, figures and guardrails of a comparison.
import { html, nothing } from '../app/element.js';
import { money, number, words } from '../app/format.js';
import { known, pValue, standing, verdicts } from '../app/verdict.js';
import { table } from './table.js';

/** The first thing on the page: what may be said now. */
export function comparisonVerdict(result, experiment) {
  const { planned, done } = standing(experiment.trials);
  if (!result.complete) {
    return note('', `No verdict yet: ${number(done)} of ${number(planned)} runs have ended.`,
      ['The verdict comes once, when all have ended: looking early and stopping at the first good figure raises false alarms.']);
  }
  const lines = verdicts(result);
  return html`<div class="verdicts" role="status">${lines.map((line) => note(line.tone, `${line.title}${line.figures ? ': ' : '.'}`, [line.figures && `${line.figures}.`, line.rule], line.figures))}</div>`;
}

function note(tone, title, texts, together = false) {
  const [first, ...rest] = texts.filter(Boolean);
  return html`<div class="notice verdict ${tone}"><p><strong>${title}</strong>${together ? html` ${first}` : nothing}</p>
    ${(together ? rest : [first, ...rest]).filter(Boolean).map((text) => html`<p class="reason">${text}</p>`)}</div>`;
}

/** Of a sweep: the best trial and its hyperparameters. */
export function sweepVerdict(result) {
  const over = result.complete;
  if (!result.best) return note('', over ? 'No best trial.' : 'No best trial yet.', [`No trial has ended with a value of ${result.metric.name}.`]);
  const names = result.parallel_coordinates.axes.slice(0, -1).map((axis) => axis.name);
  const values = names.map((name) => `${name} ${shown(result.best.hyperparameters[name])}`).join(', ');
  return note('good', `${over ? 'Best' : 'Best so far'}: ${result.best.variant} with ${result.metric.name} ${number(result.best.value)}`,
    [`${values}.`]);
}

export const shown = (value) => (typeof value === 'number' ? number(value) : value === undefined || value === null ? '–' : typeof value === 'object' ? JSON.stringify(value) : String(value));

const range = (interval) => (interval ? `${number(interval[0])} to ${number(interval[1])}` : null);

export function variantTable(result) {
  const over = result.complete;
  const unknown = (text) => text ?? (over ? 'unknown' : '–');
  const columns = [
    { name: 'Variant', lead: true, cell: (v) => html`${v.name}${v.name === result.baseline ? html` <span class="reason">baseline</span>` : ''}` },
    { name: 'n', right: true, cell: (v) => number(v.n) },
    { name: `Mean ${result.metric.name}`, right: true, cell: (v) => known(v.mean, over) },
    { name: 'Spread (sd)', right: true, extra: true, cell: (v) => known(v.sd, over) },
    { name: `${number(result.confidence * 100)} % interval`, right: true, extra: true, cell: (v) => unknown(range(v.confidence_interval)) },
    { name: 'Effect size', right: true, extra: true, cell: (v) => (v.against_baseline ? known(v.against_baseline.effect_size, over) : '–') },
    { name: 'Corrected p', right: true, cell: (v) => (v.against_baseline ? (over ? pValue(v.against_baseline.p_adjusted) : '–') : '–') },
    { name: 'Verdict', cell: (v) => (v.verdict && over ? words(v.verdict) : '–') },
    { name: 'Spent', right: true, extra: true, cell: (v) => money(v.cost) },
  ];
  return table({ label: 'Variants', columns, rows: result.variants, key: (v) => v.name, none: 'There are no variants.' });
}

export function guardrailTable(result) {
  const rows = result.variants.flatMap((v) => (v.guardrails ?? []).map((g, i) => ({ ...g, variant: v.name, key: `${v.name} ${i}` })));
  if (rows.length === 0) return nothing;
  const columns = [
    { name: 'Variant', lead: true, cell: (g) => g.variant },
    { name: 'Guardrail', cell: (g) => `${g.metric} ${[g.min !== null && `at least ${number(g.min)}`, g.max !== null && `at most ${number(g.max)}`].filter(Boolean).join(', ')}` },
    { name: 'Mean', right: true, cell: (g) => known(g.mean, result.complete) },
    { name: 'Result', cell: (g) => kept(g, result.complete) },
  ];
  return html`<section class="panel"><h2>Guardrails</h2>${table({ label: 'Guardrails', columns, rows, key: (g) => g.key, none: '' })}</section>`;
}

function kept(guardrail, over) {
  if (guardrail.kept === null) return over ? html`<span class="pill warn">unknown</span>` : '–';
  return guardrail.kept ? html`<span class="pill good">kept</span>` : html`<span class="pill bad">broken</span>`;
}

/** Of a run of a suite. */
export function caseTable(cases, over) {
  const columns = [
    { name: 'Case', lead: true, cell: (c) => c.name },
    { name: 'Metric', cell: (c) => html`${c.metric.name} <span class="reason">${c.metric.direction === 'maximize' ? 'higher is better' : 'lower is better'}</span>` },
    { name: 'n', right: true, cell: (c) => number(c.n) },
    { name: 'Mean', right: true, cell: (c) => known(c.mean, over) },
    { name: 'Interval', right: true, extra: true, cell: (c) => range(c.confidence_interval) ?? (over ? 'unknown' : '–') },
  ];
  return table({ label: 'Cases', columns, rows: cases, key: (c) => c.name, none: 'There are no cases.' });
}
