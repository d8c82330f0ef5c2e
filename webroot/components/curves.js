// Learning curves of groups of trials: each trial thin, the group's mean thick, with a band of one standard deviation.
import { html, nothing } from '../app/element.js';
import { number } from '../app/format.js';
import { band } from '../app/bands.js';
import { Canvas, GRID, axisStyle, colourOf, dashOf, lineKey, tooltipStyle } from './canvas.js';

class Curves extends Canvas {
  /** groups: [{name, curves: [[[x, y]…]…], plain?}]; plain ones have thin grey curves and no mean. */
  static properties = { label: {}, groups: { attribute: false } };

  constructor() {
    super();
    this.label = '';
    this.groups = [];
    this.means = [];
  }

  willUpdate(changed) {
    if (changed.has('groups')) this.means = this.groups.map((group) => (group.plain ? [] : band(group.curves)));
  }

  render() {
    const last = this.groups.map((group, i) => `${group.name} ${number(this.means[i].at(-1)?.mean)}`);
    return html`<div class="chart-text"><h3>${this.label}</h3>
        <div class="legend">${this.groups.map((group, i) => html`<span>
          <i style=${group.plain ? 'border-top-color:var(--text-2)' : lineKey(i)}></i>
          ${group.name} ${group.plain ? nothing : html`<b>${number(this.means[i].at(-1)?.mean)}</b>`}</span>`)}</div>
      </div>
      <div class="canvas tall" role="img" aria-label="Curves of ${this.label} by step. Latest means: ${last.join(', ')}"></div>`;
  }

  option(colour) {
    const axis = axisStyle(colour);
    return {
      grid: GRID,
      tooltip: { trigger: 'axis', ...tooltipStyle(colour), formatter: (at) => this.#tip(at[0]?.axisValue) },
      xAxis: { type: 'value', ...axis, splitLine: { show: false }, min: 'dataMin', max: 'dataMax', minInterval: 1 },
      yAxis: { type: 'value', scale: true, splitNumber: 4, ...axis, axisLabel: { ...axis.axisLabel, formatter: (v) => number(v) } },
      series: this.groups.flatMap((group, i) => this.#series(group, i, colour(group.plain ? '--text-2' : colourOf(i)))),
    };
  }

  #series(group, i, color) {
    const line = (data, lineStyle, more = {}) => ({ type: 'line', data, showSymbol: false, symbolSize: 5, lineStyle: { color, ...lineStyle }, itemStyle: { color }, ...more });
    const many = group.plain || group.curves.length > 1;
    const thin = many ? group.curves.map((points) => line(points, { width: 1, opacity: 0.35 }, { silent: true, showSymbol: points.length < 2 })) : [];
    const mean = this.means[i];
    if (mean.length === 0) return thin;
    const spread = mean.filter((point) => point.sd !== null);
    const edge = { silent: true, stack: `band ${i}`, stackStrategy: 'all' };
    const area = spread.length > 1 ? [
      line(spread.map((p) => [p.x, p.mean - p.sd]), { opacity: 0 }, edge),
      line(spread.map((p) => [p.x, 2 * p.sd]), { opacity: 0 }, { ...edge, areaStyle: { color, opacity: 0.14 } }),
    ] : [];
    return [...area, ...thin, line(mean.map((p) => [p.x, p.mean]), { width: 2.2, type: dashOf(i) }, { name: group.name, z: 4, showSymbol: mean.length < 3 })];
  }

  /** As an element: names are text, never markup. */
  #tip(step) {
    const box = document.createElement('div');
    const rows = this.groups.map((group, i) => {
      const point = this.means[i].find((p) => p.x === step);
      if (!point) return null;
      return `${group.name}: ${number(point.mean)}${point.sd === null ? '' : ` ± ${number(point.sd, 2)} (n = ${point.n})`}`;
    });
    for (const text of [`Step ${number(step)}`, ...rows.filter(Boolean)]) {
      box.append(Object.assign(document.createElement('div'), { textContent: text }));
    }
    return box;
  }
}

customElements.define('sm-curves', Curves);
