// Metric points into chart series: one chart for each quantity, so that losses and accuracies do not share an axis.

const PARTS = /^(train|training|test|val|valid|validation|eval)[_./-]|[_./-](train|training|test|val|valid|validation|eval)$/;

/** "test_loss" and "loss" belong into one chart, "loss". */
export function quantity(name) {
  return name.replace(PARTS, '');
}

export class MetricSeries {
  #byName = new Map();
  #count = 0;
  #charts = null;

  /** A later attempt that repeats a step replaces its value. Points without a step are numbered as they come. */
  add({ step, metrics }) {
    this.#charts = null;
    const x = step ?? this.#count;
    this.#count++;
    for (const [name, value] of Object.entries(metrics ?? {})) {
      if (typeof value !== 'number') continue;
      if (!this.#byName.has(name)) this.#byName.set(name, new Map());
      this.#byName.get(name).set(x, value);
    }
  }

  /** [{quantity, series: [{name, points}]}], in order of first appearance; the same arrays until a point comes. */
  charts() {
    return (this.#charts ??= this.#build());
  }

  #build() {
    const charts = new Map();
    for (const [name, values] of this.#byName) {
      const of = quantity(name);
      if (!charts.has(of)) charts.set(of, { quantity: of, series: [] });
      charts.get(of).series.push({ name, points: [...values].sort((a, b) => a[0] - b[0]) });
    }
    return [...charts.values()];
  }
}

/** CPU and memory as they were measured since the page was opened; a series for each job. */
export class UsageSeries {
  #jobs = new Map();
  #built = new Map();

  constructor(most = 900) {
    this.most = most;
  }

  add({ job_id, cpu_cores, memory_bytes, at }) {
    this.#built.clear();
    if (!this.#jobs.has(job_id)) this.#jobs.set(job_id, []);
    const points = this.#jobs.get(job_id);
    points.push({ at: Date.parse(at), cpu: cpu_cores ?? null, memory: memory_bytes ?? null });
    if (points.length > this.most) points.shift();
    if (this.#jobs.size > 6) this.#jobs.delete(this.#jobs.keys().next().value);
  }

  get empty() {
    return this.#jobs.size === 0;
  }

  /** what: 'cpu' or 'memory'. Null where it could not be measured: the line has a gap there. */
  series(what) {
    if (!this.#built.has(what)) this.#built.set(what, this.#build(what));
    return this.#built.get(what);
  }

  #build(what) {
    return [...this.#jobs].map(([id, points]) => ({
      name: `job ${String(id).slice(-6)}`,
      points: points.map((point) => [point.at, point[what]]),
    }));
  }
}
