import { html } from '../app/element.js';
import { time, words } from '../app/format.js';
import { href } from '../app/router.js';
import { empty } from './states.js';

/** What happened, one line each. */
export function eventList(events, label, none) {
  if (events.length === 0) return empty(none);
  return html`<ol class="events" aria-label=${label} tabindex="0">
    ${events.map((event) => html`<li>
      <time datetime=${event.at}>${time(event.at)}</time>
      <span class="kind">${words(event.kind)}</span>
      <span>${event.message ?? words(event.reason ?? event.state)}
        ${event.job_id ? html`<a href=${href(`/jobs/${event.job_id}`)} aria-label="Open the job">job</a>` : ''}</span>
    </li>`)}
  </ol>`;
}
