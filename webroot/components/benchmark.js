// Leaderboard and history of a suite.
import { html, nothing } from '../app/element.js';
import { number, time } from '../app/format.js';
import { href } from '../app/router.js';
import { known, pValue } from '../app/verdict.js';
import { simulatedMark } from './badge.js';
import { table } from './table.js';
import './chart.js';

/** Mean and half of its interval, as far as they are known. */
function value(one) {
  const interval = one.confidence_interval;
  const half = interval ? ` ± ${number((interval[1] - interval[0]) / 2, 2)}` : '';
  return html`${known(one.mean, true)}<span class="reason">${half}</span>`;
}

const version = (row) => html`<a href=${href(`/experiments/${row.experiment_id}`)}>${row.agent_version}</a> ${simulatedMark(row)}`;
const heading = ({ name, metric }) => `${name}: ${metric.name} ${metric.direction === 'maximize' ? '↑' : '↓'}`;

export function leaderboard(places, name) {
  const cases = places[0]?.cases ?? [];
  const columns = [
    { name: 'Rank', lead: true, cell: (place) => number(place.rank) },
    { name: 'Agent', cell: (place) => html`<a href=${href(`/agents/${place.agent_id}`)}>${name(place.agent_id)}</a>` },
    { name: 'Version', cell: version },
    { name: 'Mean rank', right: true, cell: (place) => number(place.mean_rank) },
    ...cases.map((one, i) => ({ name: heading(one), right: true, cell: (place) => value(place.cases[i]) })),
    { name: 'Run', extra: true, cell: (place) => time(place.finished_at) },
  ];
  return table({ label: 'Leaderboard', columns, rows: places, key: (place) => place.experiment_id, none: 'No agent has run this suite to its end yet.' });
}

/** A chart for each case: metrics have no common axis. Regressions have larger marks; the table says them in words. */
export function historyCharts(history) {
  return html`<div class="charts">${history[0].cases.map((one, i) => {
    const points = history.map((row) => [row.agent_version, row.cases[i].mean]);
    const sizes = history.map((row) => (row.cases[i].regressed ? 13 : 6));
    return html`<sm-chart label=${heading(one)} x="category" .series=${[{ name: 'mean', points, sizes, marked: history.map((row) => row.cases[i].regressed === true) }]}></sm-chart>`;
  })}</div>`;
}

function change(one, first) {
  if (first) return '–';
  if (one.change === null || one.change === undefined) return 'unknown';
  const sign = one.change > 0 ? '+' : '';
  return html`${sign}${number(one.change)} <span class="reason">p ${pValue(one.p)}</span> ${flag(one.regressed)}`;
}

function flag(regressed) {
  if (regressed === null || regressed === undefined) return html`<span class="pill idle">unknown</span>`;
  return regressed ? html`<span class="pill bad">regressed</span>` : nothing;
}

/** Newest first. */
export function historyTable(history) {
  const first = history[0];
  const columns = [
    { name: 'Version', lead: true, cell: version },
    { name: 'Verdict', cell: (row) => (row === first ? 'the first' : row.regressed ? flag(true) : row.cases.every((one) => one.regressed === false) ? html`<span class="pill good">no regression</span>` : flag(null)) },
    ...first.cases.flatMap((one, i) => [
      { name: heading(one), right: true, cell: (row) => value(row.cases[i]) },
      { name: 'Change', right: true, extra: true, cell: (row) => change(row.cases[i], row === first) },
    ]),
    { name: 'Run', extra: true, cell: (row) => time(row.finished_at) },
  ];
  return table({ label: 'History', columns, rows: [...history].reverse(), key: (row) => row.experiment_id, none: '' });
}
