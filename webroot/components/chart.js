// A line chart on ECharts, which is loaded with the first chart. Points that are not there leave a gap.
import { Element, html } from '../app/element.js';
import { number } from '../app/format.js';

let library = null;
const echarts = () => (library ??= import('../vendor/echarts-6.1.0/echarts.esm.min.js'));
const COLOURS = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'];

class Chart extends Element {
  /** series: [{name, points: [[x, y]…]}]; x: 'step' or 'time'; format(y) for axis and tooltip. */
  static properties = { label: {}, x: {}, series: { attribute: false }, format: { attribute: false } };

  constructor() {
    super();
    this.label = '';
    this.x = 'step';
    this.series = [];
    this.format = number;
    this.chart = null;
    this.repaint = () => this.#paint();
    this.sizes = new ResizeObserver(() => this.chart?.resize());
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener('themechange', this.repaint);
    if (this.hasUpdated) this.#start();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('themechange', this.repaint);
    this.sizes.disconnect();
    this.chart?.dispose();
    this.chart = null;
  }

  render() {
    return html`<div class="chart-text" aria-live="off">
        <h3>${this.label}</h3>
        <div class="legend">${this.series.map((s, i) => html`<span><i style="background:var(${COLOURS[i % COLOURS.length]})"></i>
          ${s.name} <b>${this.format(s.points.at(-1)?.[1])}</b></span>`)}</div>
      </div>
      <div class="canvas" role="img" aria-label=${this.#summary()}></div>`;
  }

  #summary() {
    const latest = this.series.map((s) => `${s.name} ${this.format(s.points.at(-1)?.[1])}`);
    return `Chart of ${this.label}. Latest: ${latest.join(', ') || 'nothing yet'}`;
  }

  firstUpdated() {
    this.#start();
  }

  updated() {
    this.#paint();
  }

  async #start() {
    const { init } = await echarts();
    if (!this.isConnected || this.chart) return;
    const canvas = this.querySelector('.canvas');
    this.chart = init(canvas, null, { renderer: 'canvas' });
    this.sizes.observe(canvas);
    this.#paint();
  }

  #paint() {
    if (!this.chart) return;
    const colour = this.#colours();
    const axis = {
      axisLine: { lineStyle: { color: colour('--line') } },
      axisLabel: { color: colour('--text-2'), fontSize: 11, hideOverlap: true },
      splitLine: { lineStyle: { color: colour('--line-soft') } },
    };
    this.chart.setOption(
      {
        animation: false,
        color: COLOURS.map(colour),
        grid: { left: 8, right: 14, top: 10, bottom: 6, containLabel: true },
        tooltip: {
          trigger: 'axis',
          confine: true,
          backgroundColor: colour('--panel'),
          borderColor: colour('--line'),
          textStyle: { color: colour('--text'), fontSize: 12 },
          valueFormatter: (value) => this.format(value),
        },
        xAxis: { type: this.x === 'time' ? 'time' : 'value', ...axis, splitLine: { show: false }, min: 'dataMin', max: 'dataMax', minInterval: this.x === 'time' ? undefined : 1 },
        yAxis: { type: 'value', scale: this.x === 'step', min: this.x === 'time' ? 0 : undefined, splitNumber: 4, ...axis, axisLabel: { ...axis.axisLabel, formatter: (v) => this.format(v) } },
        series: this.series.map((s) => ({
          type: 'line',
          name: s.name,
          data: s.points,
          showSymbol: s.points.length < 3,
          symbolSize: 5,
          sampling: 'lttb',
          lineStyle: { width: 1.8 },
        })),
      },
      { notMerge: true },
    );
  }

  /** ECharts paints on a canvas and cannot read custom properties, so the browser is asked what they come to. */
  #colours() {
    const probe = document.createElement('span');
    this.append(probe);
    const resolved = new Map();
    for (const name of [...COLOURS, '--line', '--line-soft', '--panel', '--text', '--text-2']) {
      probe.style.color = `var(${name})`;
      resolved.set(name, getComputedStyle(probe).color);
    }
    probe.remove();
    return (name) => resolved.get(name);
  }
}

customElements.define('sm-chart', Chart);
