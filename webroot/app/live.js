// One WebSocket for the whole page. Views name topics; what they get is a snapshot, then changes. After a reconnect or
// a gap they are told to read again over REST, because something may have been missed.
import { api } from './api.js';
import { session } from './session.js';

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const PING_EVERY = 20_000;
const SILENT_AFTER = 45_000;

/** The topics a frame belongs to. */
export function topicsOf(frame) {
  const job = frame.job?.id ?? frame.job_id;
  const agent = frame.job?.agent_id ?? frame.agent?.id ?? frame.agent_id;
  const own = [job && `job:${job}`, agent && `agent:${agent}`].filter(Boolean);
  switch (frame.type) {
    case 'snapshot':
    case 'gap':
      return [frame.topic];
    case 'job':
      return ['jobs', ...own];
    case 'agent':
      return ['agents', ...own];
    case 'event':
      return ['events', ...own];
    case 'deployment':
      return [`deployment:${frame.agent_id}`];
    case 'experiment':
      return ['experiments', `experiment:${frame.experiment.id}`];
    case 'experiment_progress':
      return ['experiments', `experiment:${frame.experiment_id}`];
    case 'queue':
      return ['queue'];
    default:
      return own;
  }
}

export const live = new (class extends EventTarget {
  /** off | connecting | live | stale: stale means that what is shown may be old. */
  state = 'off';
  #views = new Set();
  #counts = new Map();
  #socket = null;
  #opened = false;
  #failures = 0;
  #timer = null;
  #heartbeat = null;
  #lastFrame = 0;

  /** view: {topics, frame(frame), resume()}. Returns the function that ends it. */
  watch(view) {
    this.#views.add(view);
    const fresh = view.topics.filter((topic) => this.#count(topic, 1) === 1);
    this.#send('subscribe', fresh);
    if (this.state === 'off') this.#connect();
    return () => {
      if (!this.#views.delete(view)) return;
      this.#send('unsubscribe', view.topics.filter((topic) => this.#count(topic, -1) === 0));
    };
  }

  /** Signed out: nothing more, and nothing kept. */
  stop() {
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    const socket = this.#socket;
    this.#socket = null;
    this.#opened = false;
    this.#failures = 0;
    socket?.close();
    this.#become('off');
  }

  #count(topic, change) {
    const count = (this.#counts.get(topic) ?? 0) + change;
    if (count > 0) this.#counts.set(topic, count);
    else this.#counts.delete(topic);
    return count;
  }

  #send(op, topics) {
    if (topics.length > 0 && this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ op, topics }));
    }
  }

  async #connect() {
    if (!session.me) return;
    this.#become(this.#opened ? 'stale' : 'connecting');
    let socket;
    try {
      const { ticket } = await api.post('/auth/ws-ticket');
      if (!session.me) return;
      const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
      socket = new WebSocket(`${scheme}://${location.host}/ws?ticket=${encodeURIComponent(ticket)}`);
    } catch {
      this.#again();
      return;
    }
    this.#socket = socket;
    socket.onopen = () => this.#open(socket);
    socket.onmessage = (message) => this.#receive(socket, message.data);
    socket.onclose = () => {
      if (this.#socket === socket) this.#again();
    };
  }

  #open(socket) {
    if (this.#socket !== socket) return socket.close();
    const again = this.#opened;
    this.#opened = true;
    this.#failures = 0;
    this.#lastFrame = Date.now();
    this.#heartbeat = setInterval(() => this.#beat(socket), PING_EVERY);
    this.#become('live');
    this.#send('subscribe', [...this.#counts.keys()]);
    if (again) for (const view of [...this.#views]) view.resume();
  }

  #beat(socket) {
    if (Date.now() - this.#lastFrame > SILENT_AFTER) socket.close();
    else if (socket.readyState === WebSocket.OPEN) socket.send('{"op":"ping"}');
  }

  #receive(socket, text) {
    if (this.#socket !== socket) return;
    this.#lastFrame = Date.now();
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (frame.type === 'error') console.warn('live:', frame.code, frame.detail);
    const topics = topicsOf(frame);
    for (const view of [...this.#views]) {
      if (!view.topics.some((topic) => topics.includes(topic))) continue;
      if (frame.type === 'gap') view.resume();
      else view.frame(frame);
    }
  }

  /** Waits longer after each failure, by chance between half and the whole, so that not all browsers come at once. */
  #again() {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#timer);
    this.#socket = null;
    if (!session.me) return this.#become('off');
    this.#become(this.#opened ? 'stale' : 'connecting');
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
  }

  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
})();

session.addEventListener('change', () => {
  if (!session.me) live.stop();
});
