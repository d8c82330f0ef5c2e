import { html, nothing } from '../app/element.js';
import { DASH, number, percent } from '../app/format.js';

/** A bar with its number. Without a known fraction the track stays empty and the number is a dash. */
export function bar(fraction, label, text = percent(fraction), tone = '') {
  const known = fraction !== null && fraction !== undefined;
  const width = known ? Math.min(100, Math.max(0, fraction * 100)) : 0;
  return html`<div class="bar ${tone}">
    <div class="track" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100"
      aria-valuenow=${known ? Math.round(width) : nothing} aria-valuetext=${text}>
      <div class="fill" style="width:${width}%"></div>
    </div>
    <span class="figure">${text}</span>
  </div>`;
}

export function jobProgress(job) {
  return bar(job.progress?.fraction, `Progress of ${job.name}`);
}

export function steps(progress) {
  if (progress?.step === null || progress?.step === undefined) return DASH;
  return `${number(progress.step)} of ${number(progress.total_steps)}`;
}

/** Spent against a limit; without a limit only the amount. */
export function budget(spent, limit, format) {
  if (limit === null || limit === undefined) return html`<span>${format(spent)} spent, no limit</span>`;
  const known = spent !== null && spent !== undefined;
  const fraction = !known ? null : limit > 0 ? spent / limit : 1;
  const tone = fraction >= 1 ? 'bad' : fraction >= 0.8 ? 'warn' : '';
  return bar(fraction, 'Budget used', `${format(spent)} of ${format(limit)}`, tone);
}
