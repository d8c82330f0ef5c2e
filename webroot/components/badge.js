// State badges and marks: a word, a shape and a colour, never a colour alone.
import { html, nothing } from '../app/element.js';
import { words } from '../app/format.js';

const TONES = {
  blocked: 'idle',
  scheduled: 'idle',
  queued: 'idle',
  admitted: 'wait',
  starting: 'wait',
  running: 'busy',
  preempting: 'warn',
  cancelling: 'warn',
  retry_wait: 'warn',
  paused: 'idle',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'idle',
  lost: 'bad',
  preempted: 'warn',
};

/** Of deployments, their revisions and replicas. */
const SERVICE_TONES = {
  active: 'good',
  rolling: 'busy',
  healthy: 'good',
  superseded: 'idle',
  pending: 'idle',
  unhealthy: 'bad',
  restarting: 'warn',
  crash_loop: 'bad',
  draining: 'warn',
  exited: 'idle',
};

/** Of experiments and their trials; the others are as of jobs. */
const TRIAL_TONES = { planned: 'idle', submitted: 'busy', stopping: 'warn', stopped: 'warn' };

export const STATES = Object.keys(TONES).filter((state) => !['lost', 'preempted'].includes(state));
export const FINISHED = ['succeeded', 'failed', 'cancelled'];

export function badge(state) {
  return html`<span class="pill ${TONES[state] ?? TRIAL_TONES[state] ?? SERVICE_TONES[state] ?? 'idle'}">${words(state)}</span>`;
}

/** Wherever numbers do not come from real work. Takes a job or an agent. */
export function simulatedMark(thing) {
  const simulated = thing?.simulated === true || thing?.runner === 'simulation';
  return simulated ? html`<span class="pill simulated" title="The simulation runner did no real work">simulated</span>` : nothing;
}
