// A line chart. Points that are not there leave a gap.
import { html } from '../app/element.js';
import { number } from '../app/format.js';
import { COLOURS, Canvas, GRID, axisStyle, dashOf, lineKey, tooltipStyle } from './canvas.js';

class Chart extends Canvas {
  /** series: [{name, points: [[x, y]…], sizes?, marked?}], the last two by point; x: 'step', 'time' or 'category'; format(y) for axis and tooltip. */
  static properties = { label: {}, x: {}, series: { attribute: false }, format: { attribute: false } };

  constructor() {
    super();
    this.label = '';
    this.x = 'step';
    this.series = [];
    this.format = number;
  }

  render() {
    return html`<div class="chart-text" aria-live="off">
        <h3>${this.label}</h3>
        <div class="legend">${this.series.map((s, i) => html`<span><i style=${lineKey(i)}></i>
          ${s.name} <b>${this.format(s.points.at(-1)?.[1])}</b></span>`)}</div>
      </div>
      <div class="canvas" role="img" aria-label=${this.#summary()}></div>`;
  }

  #summary() {
    const latest = this.series.map((s) => `${s.name} ${this.format(s.points.at(-1)?.[1])}`);
    return `Chart of ${this.label}. Latest: ${latest.join(', ') || 'nothing yet'}`;
  }

  option(colour) {
    const axis = axisStyle(colour);
    return {
      color: COLOURS.map(colour),
      grid: GRID,
      tooltip: { trigger: 'axis', ...tooltipStyle(colour), valueFormatter: (value) => this.format(value) },
      xAxis: { ...this.#across(), ...axis, splitLine: { show: false } },
      yAxis: { type: 'value', scale: this.x !== 'time', min: this.x === 'time' ? 0 : undefined, splitNumber: 4, ...axis, axisLabel: { ...axis.axisLabel, formatter: (v) => this.format(v) } },
      series: this.series.map((s, i) => ({
        type: 'line',
        name: s.name,
        data: s.marked ? s.points.map((value, i) => (s.marked[i] ? { value, symbol: 'diamond', itemStyle: { color: colour('--bad') } } : value)) : s.points,
        showSymbol: this.x === 'category' || s.points.length < 3,
        symbolSize: s.sizes ? (_, { dataIndex }) => s.sizes[dataIndex] : 5,
        sampling: this.x === 'category' ? undefined : 'lttb',
        lineStyle: { width: 1.8, type: dashOf(i) },
      })),
    };
  }

  #across() {
    if (this.x === 'category') return { type: 'category', boundaryGap: true };
    return { type: this.x === 'time' ? 'time' : 'value', min: 'dataMin', max: 'dataMax', minInterval: this.x === 'time' ? undefined : 1 };
  }
}

customElements.define('sm-chart', Chart);
