// What an experiment came to, in plain words. Nothing is said that the API did not say.
import { number } from './format.js';

const FINAL = ['succeeded', 'failed', 'cancelled', 'stopped'];

/** {planned, done} trials of counts by state. */
export function standing(trials = {}) {
  const entries = Object.entries(trials ?? {});
  const sum = (list) => list.reduce((total, [, n]) => total + n, 0);
  return { planned: sum(entries), done: sum(entries.filter(([state]) => FINAL.includes(state))) };
}

export const isOver = (experiment) => ['succeeded', 'failed', 'cancelled'].includes(experiment.state);

/** A value of the metric; one that will not come any more is unknown. */
export function known(value, over) {
  if (value !== null && value !== undefined) return number(value);
  return over ? 'unknown' : '–';
}

export function pValue(p) {
  if (p === null || p === undefined) return 'unknown';
  return p < 0.001 ? 'below 0.001' : number(p, 2);
}

const signed = (value) => (value > 0 ? `+${number(value)}` : number(value).replace('-', '−'));

/** "accuracy +0.021 (+2.4 %), 95 % interval +0.008 to +0.034, corrected p 0.01, n = 5 each" */
function figures(result, variant) {
  const against = variant.against_baseline;
  if (!against || against.mean_difference === null || against.mean_difference === undefined) return null;
  const base = result.variants.find((other) => other.name === result.baseline)?.mean;
  const share = base ? ` (${signed(Number(((against.mean_difference / Math.abs(base)) * 100).toPrecision(2)))} %)` : '';
  const interval = against.confidence_interval;
  return [
    `${result.metric.name} ${signed(against.mean_difference)}${share}`,
    interval ? `${number(result.confidence * 100)} % interval ${signed(interval[0])} to ${signed(interval[1])}` : 'interval unknown',
    `corrected p ${pValue(against.p_adjusted)}`,
    `n = ${number(against.pairs)} each`,
  ].join(', ');
}

const SAID = {
  win: (name, base) => `${name} wins against ${base}`,
  lose: (name, base) => `${name} loses against ${base}`,
  no_difference: (name, base) => `${name} does not differ from ${base}`,
  inconclusive: (name, base) => `${name} against ${base}: inconclusive`,
  invalid: (name) => `${name} cannot be judged`,
};
const TONES = { win: 'good', lose: 'bad', no_difference: '', inconclusive: 'warn', invalid: 'bad' };

/** One line for each variant but the baseline: {tone, title, text}. */
export function verdicts(result) {
  return result.variants
    .filter((variant) => variant.verdict)
    .map((variant) => {
      const title = (SAID[variant.verdict] ?? ((name) => name))(variant.name, result.baseline);
      const measured = variant.verdict === 'invalid' ? null : figures(result, variant);
      return { tone: TONES[variant.verdict] ?? '', title, figures: measured, rule: variant.rule };
    });
}

/** For lists: the verdict, or the best so far, in a few words; null: nothing yet. */
export function inShort(experiment) {
  const { verdict, best, metric } = experiment;
  if (best) return `best ${metric?.name ?? ''} ${number(best.value)} (${best.variant})`;
  if (!verdict) return null;
  if (verdict.winner) return `${verdict.winner} wins`;
  const words = (code) => code.replaceAll('_', ' ');
  const [only, ...others] = verdict.variants;
  if (only && others.length === 0) return only.verdict === 'lose' ? `${only.name} loses` : `${only.name}: ${words(only.verdict)}`;
  const counts = new Map();
  for (const one of verdict.variants) counts.set(one.verdict, (counts.get(one.verdict) ?? 0) + 1);
  return `no winner: ${[...counts].map(([code, n]) => `${n} ${words(code)}`).join(', ')}`;
}
