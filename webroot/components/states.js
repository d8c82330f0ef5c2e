// What stands where data is not there yet, failed to come, or does not exist.
import { html, nothing } from '../app/element.js';

/** The page's content, or why there is none. After a failed refresh old data stays, with a notice above it. */
export function loadedOr(page, content) {
  const failed = page.error
    ? html`<div class="notice bad" role="alert">
        <p>${page.error.message}</p>
        <button class="button" @click=${() => page.reload()}>Try again</button>
      </div>`
    : nothing;
  if (page.loaded) return html`${failed}${content()}`;
  if (page.error) return failed;
  return html`<div class="loading" role="status">Loading</div>`;
}

export function empty(text, action = nothing) {
  return html`<div class="empty"><p>${text}</p>${action}</div>`;
}

/** As high as the chart that will come, so that nothing jumps when it does. */
export function chartToCome(text) {
  return html`<div class="empty chart-to-come"><p>${text}</p></div>`;
}

/** A problem under a form, with the fields that have no place of their own. */
export function problem(error, except = []) {
  if (!error) return nothing;
  const rest = (error.errors ?? []).filter((e) => !except.includes(e.pointer));
  return html`<div class="notice bad" role="alert">
    <p>${error.message}</p>
    ${rest.length > 0 ? html`<ul>${rest.map((e) => html`<li><code>${e.pointer}</code> ${e.detail}</li>`)}</ul>` : nothing}
  </div>`;
}
