import { Element, html } from '../app/element.js';
import { session } from '../app/session.js';
import { problem } from '../components/states.js';

class SignIn extends Element {
  static properties = { message: { attribute: false }, error: { state: true }, busy: { state: true } };

  constructor() {
    super();
    this.message = null;
    this.error = null;
    this.busy = false;
  }

  firstUpdated() {
    document.title = 'Sign in - Stationmaster';
    this.querySelector('input').focus();
  }

  render() {
    return html`<main class="alone"><form class="sign-in panel" @submit=${(e) => this.#submit(e)}>
      <div class="brand"><img src="favicon.svg" alt="" width="28" height="28">Stationmaster</div>
      <h1>Sign in</h1>
      ${this.message && !this.error ? html`<p class="notice" role="status">${this.message}</p>` : ''}
      <label class="field">User name<input name="username" autocomplete="username" required maxlength="64"></label>
      <label class="field">Password<input name="password" type="password" autocomplete="current-password" required maxlength="256"></label>
      ${problem(this.error)}
      <button class="button primary" ?disabled=${this.busy}>Sign in</button>
    </form></main>`;
  }

  async #submit(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    this.busy = true;
    this.error = null;
    try {
      await session.login(form.get('username'), form.get('password'));
    } catch (e) {
      this.error = e;
      this.querySelector('[name=password]').select();
    } finally {
      this.busy = false;
    }
  }
}

customElements.define('sm-sign-in', SignIn);
