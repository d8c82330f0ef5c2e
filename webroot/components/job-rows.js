// What lists of jobs share.
import { html } from '../app/element.js';
import { between, duration, money, time, words } from '../app/format.js';
import { href } from '../app/router.js';
import { badge, simulatedMark } from './badge.js';
import { jobProgress } from './progress.js';
import { table } from './table.js';

export const jobLink = (job) => html`<a href=${href(`/jobs/${job.id}`)}>${job.name}</a>`;
export const agentLink = (job) => html`<a href=${href(`/agents/${job.agent_id}`)}>${job.agent_name ?? `agent ${job.agent_id}`}</a>`;

/** Up to now only while it does run: between two attempts it does not. */
export function runTime(job) {
  const runs = ['running', 'preempting', 'cancelling'].includes(job.state);
  return duration(runs || job.finished_at ? between(job.started_at, job.finished_at) : null);
}

const COLUMNS = {
  name: { name: 'Job', lead: true, cell: (job) => html`${jobLink(job)} ${simulatedMark(job)}` },
  state: { name: 'State', cell: (job) => html`${badge(job.state)}${job.reason ? html` <span class="reason">${words(job.reason)}</span>` : ''}` },
  agent: { name: 'Agent', extra: true, cell: agentLink },
  owner: { name: 'Owner', extra: true, cell: (job) => job.owner },
  progress: { name: 'Progress', cell: jobProgress },
  cost: { name: 'Cost', right: true, extra: true, cell: (job) => money(job.cost) },
  created: { name: 'Submitted', extra: true, cell: (job) => html`<time datetime=${job.created_at}>${time(job.created_at)}</time>` },
  time: { name: 'Run time', right: true, extra: true, cell: (job) => runTime(job) },
};

/** first: a column before the others. */
export function jobTable(jobs, names, label, none, first = null) {
  return table({ label, columns: [first, ...names.map((name) => COLUMNS[name])].filter(Boolean), rows: jobs, key: (job) => job.id, none });
}

/** A frame may carry a part of a job: what it leaves out stays. */
export function merged(old, job) {
  return { ...old, ...job };
}

/** The progress and metrics of a metric frame, put into the job. */
export function withMetric(job, frame) {
  const { step, total_steps } = frame;
  const known = step !== null && step !== undefined && total_steps;
  const progress = known ? { step, total_steps, fraction: Math.min(1, step / total_steps) } : job.progress;
  return { ...job, progress, metrics: { ...job.metrics, ...frame.metrics } };
}
