// Machines that run jobs: servers with their runners, and remote workers. What they have, what is used, what may be done.
import { html, nothing } from '../app/element.js';
import { api, path } from '../app/api.js';
import { amount, bytes, number, time } from '../app/format.js';
import { href } from '../app/router.js';
import { session } from '../app/session.js';
import { confirm } from './dialog.js';
import { bar } from './progress.js';
import { attempt } from './toast.js';

const TONES = { active: 'good', cordoned: 'warn', draining: 'warn', offline: 'bad', silent: 'bad' };
const ORDERS = {
  cordon: ['Cordon', 'Give it nothing more', 'What runs there goes on. Nothing more is given to it until you uncordon it.'],
  drain: ['Drain', 'Move its jobs elsewhere', 'Its jobs are told to make room, end, and go on elsewhere from their checkpoints. Nothing more is given to it.'],
  uncordon: ['Uncordon', 'Give it jobs again', 'It is given jobs again.'],
};

/** Runners and remote workers as one list of machines, by name. */
export function machines(runners, workers) {
  const all = new Map();
  for (const runner of runners) {
    const machine = all.get(runner.worker) ?? { name: runner.worker, runners: [], remote: null };
    machine.runners.push(runner);
    all.set(runner.worker, machine);
  }
  for (const worker of workers) {
    all.set(worker.name, { ...(all.get(worker.name) ?? { name: worker.name, runners: [] }), remote: worker });
  }
  return [...all.values()].sort((a, b) => a.name.localeCompare(b.name));
}

export function machineState(machine) {
  const state = machine.remote?.state ?? (machine.runners.some((r) => r.available) ? 'active' : 'silent');
  return html`<span class="pill ${TONES[state] ?? 'idle'}">${state}</span>`;
}

export const machineLink = (machine) => html`<a href=${href(`/runners/${encodeURIComponent(machine.name)}`)}>${machine.name}</a>`;

/** One kind of resource, used of what there is. */
export function use(runner, name, label, format = (v) => number(v)) {
  const has = amount(runner.capacity?.[name]);
  const used = amount(runner.used?.[name]);
  if (!has) return nothing;
  return bar(used === null ? null : used / has, `${label} of ${runner.worker}`, `${format(used)} of ${format(has)}`, used > has ? 'warn' : '');
}

export const cpu = (runner) => use(runner, 'cpu', 'CPU');
export const memory = (runner) => use(runner, 'memory', 'Memory', bytes);
export const gpu = (runner) => use(runner, 'gpu', 'GPUs');

/** For operators; only what makes sense in its present state. */
export function workerButtons(worker, done) {
  if (!session.can('operator')) return nothing;
  const orders = worker.state === 'active' || worker.state === 'offline' ? ['cordon', 'drain'] : worker.state === 'cordoned' ? ['uncordon', 'drain'] : ['uncordon'];
  return html`<div class="actions">${orders.map((order) => html`<button class="button" data-order=${order}
    @click=${() => give(worker, order, done)}>${ORDERS[order][0]}</button>`)}
    ${worker.state === 'offline' ? html`<button class="button danger" data-order="remove" @click=${() => remove(worker, done)}>Forget</button>` : nothing}</div>`;
}

async function give(worker, order, done) {
  const [action, title, text] = ORDERS[order];
  if (!await confirm({ title: `${title}: ${worker.name}`, text, action, danger: order === 'drain' })) return;
  await attempt(() => api.post(`${path`/workers/${worker.name}`}/${order}`), `${worker.name}: ${action.toLowerCase()} ordered.`);
  done();
}

async function remove(worker, done) {
  const text = 'It was not heard of for a while. Whatever it still ran goes on elsewhere; it may register again.';
  if (!await confirm({ title: `Forget ${worker.name}`, text, action: 'Forget', danger: true })) return;
  await attempt(() => api.delete(path`/workers/${worker.name}`), `${worker.name} is forgotten.`);
  done();
}

export const lastContact = (worker) => html`<time datetime=${worker.seen_at}>${time(worker.seen_at)}</time>`;
