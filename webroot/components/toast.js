// Short messages in a live region. Failures stay until they are closed.
import { Element, html, repeat } from '../app/element.js';

const STAYS = 5000;
const MOST = 4;
let shown = [];
let next = 1;
const hosts = new Set();

export function toast(text, tone = 'good') {
  const item = { id: next++, text, tone };
  shown = [...shown, item].slice(-MOST);
  if (tone !== 'bad') setTimeout(() => close(item.id), STAYS);
  update();
}

/** Runs an action of the user; a failure becomes a message instead of a lost rejection. */
export async function attempt(action, done = null) {
  try {
    const result = await action();
    if (done) toast(done);
    return result;
  } catch (e) {
    toast(e.message, 'bad');
    return undefined;
  }
}

function close(id) {
  shown = shown.filter((item) => item.id !== id);
  update();
}

function update() {
  for (const host of hosts) host.requestUpdate();
}

class Toasts extends Element {
  connectedCallback() {
    super.connectedCallback();
    hosts.add(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    hosts.delete(this);
  }

  render() {
    return html`<div class="toasts" role="region" aria-label="Messages" aria-live="polite">
      ${repeat(shown, (t) => t.id, (t) => html`<div class="toast ${t.tone}">
        <span>${t.text}</span>
        <button class="button quiet" @click=${() => close(t.id)}>Close</button>
      </div>`)}
    </div>`;
  }
}

customElements.define('sm-toasts', Toasts);
