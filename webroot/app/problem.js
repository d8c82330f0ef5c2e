// One error type for everything the server refuses. status 0: no answer at all.

export class Problem extends Error {
  constructor(status, { code, detail, title, errors, request_id } = {}) {
    super(detail || title || `The server answered ${status}.`);
    this.status = status;
    this.code = code ?? null;
    this.errors = errors ?? [];
    this.requestId = request_id ?? null;
  }

  /** What the server says about one field, by JSON pointer. */
  at(pointer) {
    return this.errors.find((error) => error.pointer === pointer)?.detail ?? null;
  }
}

export async function problemOf(response) {
  let body = {};
  if ((response.headers.get('content-type') ?? '').includes('json')) {
    body = await response.json().catch(() => ({}));
  }
  return new Problem(response.status, body);
}

/** fetch that fails with a Problem, also when the network does. */
export async function fetchOrProblem(url, init) {
  let response;
  try {
    response = await fetch(url, init);
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new Problem(0, { code: 'unreachable', detail: 'The server does not answer. Check the connection and try again.' });
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}
