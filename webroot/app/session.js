// Who is signed in. The access token lives in memory only; the refresh token in sessionStorage, so a reload of the tab
// stays signed in and a closed tab does not.
import { Problem, fetchOrProblem } from './problem.js';

const KEY = 'stationmaster.refresh';
const RANK = { viewer: 1, developer: 2, operator: 3, admin: 4 };

let access = null;
let renewAt = Infinity;
let renewing = null;

export const session = new (class extends EventTarget {
  me = null;

  get token() {
    return access;
  }

  /** The access token is in the last fifth of its life. */
  get old() {
    return Date.now() >= renewAt;
  }

  /** May the signed-in role do what needs at least this role? The server decides; this only hides. */
  can(role) {
    return (RANK[this.me?.role] ?? 0) >= RANK[role];
  }

  async login(username, password) {
    keep(await post('/api/v1/auth/login', { username, password }));
    await this.#readMe();
  }

  /** After a reload: true if the stored refresh token still works. */
  async restore() {
    if (!sessionStorage.getItem(KEY)) return false;
    try {
      await this.renew();
      await this.#readMe();
      return true;
    } catch (e) {
      if (e instanceof Problem && e.status >= 400 && e.status < 500) this.end();
      else throw e;
      return false;
    }
  }

  /** New tokens for the refresh token; calls at the same time share one request, since a refresh token works once. */
  renew() {
    const refresh_token = sessionStorage.getItem(KEY);
    if (!refresh_token) return Promise.reject(new Problem(401, { detail: 'Sign in again.' }));
    renewing ??= post('/api/v1/auth/refresh', { refresh_token })
      .then(keep)
      .finally(() => (renewing = null));
    return renewing;
  }

  async logout() {
    const headers = { Authorization: `Bearer ${access}` };
    await fetch('/api/v1/auth/logout', { method: 'POST', headers }).catch(() => {});
    this.end();
  }

  end(message = null) {
    access = null;
    this.me = null;
    sessionStorage.removeItem(KEY);
    this.dispatchEvent(new CustomEvent('change', { detail: { message } }));
  }

  async #readMe() {
    const response = await fetchOrProblem('/api/v1/me', { headers: { Authorization: `Bearer ${access}` } });
    this.me = await response.json();
    this.dispatchEvent(new CustomEvent('change', { detail: { message: null } }));
  }
})();

function keep(tokens) {
  access = tokens.access_token;
  renewAt = Date.now() + tokens.expires_in * 800;
  sessionStorage.setItem(KEY, tokens.refresh_token);
}

async function post(url, body) {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetchOrProblem(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return response.json();
}
