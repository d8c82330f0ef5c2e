import { html } from '../app/element.js';
import { api, path } from '../app/api.js';
import { between, bytes, duration, money, number, time, words } from '../app/format.js';
import { badge } from './badge.js';
import { table } from './table.js';
import { attempt } from './toast.js';

const ATTEMPT = [
  { name: 'Attempt', lead: true, cell: (a) => number(a.attempt) },
  { name: 'Outcome', cell: (a) => html`${badge(a.outcome ?? 'running')}${a.reason ? html` <span class="reason">${words(a.reason)}</span>` : ''}` },
  { name: 'Begun', extra: true, cell: (a) => time(a.started_at) },
  { name: 'Took', right: true, cell: (a) => duration(between(a.started_at, a.finished_at)) },
  { name: 'Exit', right: true, extra: true, cell: (a) => number(a.exit_code) },
  { name: 'Peak memory', right: true, extra: true, cell: (a) => bytes(a.peak_memory_bytes) },
  { name: 'Cost', right: true, cell: (a) => money(a.cost) },
];

export function attemptTable(attempts) {
  return table({ label: 'Attempts', columns: ATTEMPT, rows: attempts, key: (a) => a.attempt, none: 'It has not been started yet.' });
}

export function artifactTable(artifacts, jobId) {
  const get = (name) => attempt(() => api.download(path`/jobs/${jobId}/artifacts/${name}`, name.split('/').at(-1)));
  const columns = [
    { name: 'File', lead: true, cell: (a) => a.name },
    { name: 'Size', right: true, cell: (a) => bytes(a.size_bytes) },
    { name: 'Changed', extra: true, cell: (a) => time(a.modified_at) },
    { name: '', right: true, cell: (a) => html`<button class="button quiet" aria-label="Download ${a.name}" @click=${() => get(a.name)}>Download</button>` },
  ];
  return table({ label: 'Artifacts', columns, rows: artifacts, key: (a) => a.name, none: 'The job has left no files.' });
}
