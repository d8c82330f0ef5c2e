// The REST API: bearer token, renewed in time and once at 401, problem documents as errors.
import { Problem, fetchOrProblem } from './problem.js';
import { session } from './session.js';

const BASE = '/api/v1';

/** Path segments escaped: path`/agents/${id}/secrets/${name}`. */
export function path(strings, ...values) {
  return String.raw({ raw: strings }, ...values.map(encodeURIComponent));
}

async function send(method, to, { params, body, headers = {}, signal } = {}) {
  const query = new URLSearchParams(Object.entries(params ?? {}).filter(([, v]) => v !== null && v !== undefined && v !== ''));
  const url = BASE + to + (query.size > 0 ? `?${query}` : '');
  const once = () => {
    const all = { Authorization: `Bearer ${session.token}`, ...headers };
    if (body !== undefined) all['Content-Type'] = 'application/json';
    return fetchOrProblem(url, { method, headers: all, body: body === undefined ? undefined : JSON.stringify(body), signal });
  };
  if (session.old) await session.renew().catch(() => {});
  const before = session.token;
  try {
    return await once();
  } catch (e) {
    if (!(e instanceof Problem) || e.status !== 401) throw e;
  }
  try {
    if (session.token === before) await session.renew();
    return await once();
  } catch (e) {
    if (e instanceof Problem && e.status === 401) session.end('Your session has ended. Sign in again.');
    throw e;
  }
}

const json = async (response) => (response.status === 204 ? null : response.json());

export const api = {
  get: async (to, params, signal) => json(await send('GET', to, { params, signal })),
  post: async (to, body) => json(await send('POST', to, { body })),
  put: async (to, body) => json(await send('PUT', to, { body })),
  patch: async (to, body) => json(await send('PATCH', to, { body })),
  delete: async (to) => json(await send('DELETE', to)),
  /** A POST that creates: the same key must go with every attempt at the same body. */
  create: async (to, body, key) => json(await send('POST', to, { body, headers: { 'Idempotency-Key': key } })),
  bytes: async (to, params, signal) => new Uint8Array(await (await send('GET', to, { params, signal })).arrayBuffer()),
  /** All pages of a list, up to so many items. */
  async all(to, params, most, signal) {
    const items = [];
    let cursor = null;
    do {
      const page = await api.get(to, { limit: 500, ...params, cursor }, signal);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor && items.length < most);
    return items;
  },
  /** Downloads need the bearer, so a plain link will not do. */
  async download(to, name, params) {
    const blob = await (await send('GET', to, { params })).blob();
    const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  },
};

/** crypto.randomUUID is missing on plain-http hosts. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}

/** Creates with one key as long as no answer came: a lost answer must not make a second job, a refusal may be retried. */
export class Creation {
  #key = newKey();
  #sent = null;

  async send(to, body) {
    const text = JSON.stringify(body);
    if (this.#sent !== text) this.#renew(text);
    try {
      const created = await api.create(to, body, this.#key);
      this.#renew(null);
      return created;
    } catch (e) {
      if (e.status >= 400 && e.status < 500) this.#renew(null);
      throw e;
    }
  }

  #renew(sent) {
    this.#key = newKey();
    this.#sent = sent;
  }
}
