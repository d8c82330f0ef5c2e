// Parallel coordinates of a sweep: a line for each trial over its hyperparameters to what it reached.
import { html } from '../app/element.js';
import { number } from '../app/format.js';
import { Canvas, tooltipStyle } from './canvas.js';

const OPEN = ['planned', 'submitted', 'stopping'];
const text = (value) => (typeof value === 'number' ? number(value) : String(value ?? 'unknown'));

class Parallel extends Canvas {
  /** axes and lines as in the results of a sweep; best: the number of its best trial. */
  static properties = { axes: { attribute: false }, lines: { attribute: false }, best: { attribute: false } };

  constructor() {
    super();
    this.axes = [];
    this.lines = [];
    this.best = null;
  }

  render() {
    const without = this.lines.filter((line) => line.values.at(-1) === null);
    const open = without.filter((line) => OPEN.includes(line.state)).length;
    const texts = [open > 0 && `${number(open)} not ended`, without.length > open && `${number(without.length - open)} ended with an unknown value`];
    const metric = this.axes.at(-1)?.name;
    const said = `${number(this.lines.length)} trials over ${this.axes.slice(0, -1).map((axis) => axis.name).join(', ')} and ${metric}`;
    return html`<div class="canvas tall" role="img" aria-label="Parallel coordinates of ${said}. The table has the same values."></div>
      <div class="legend">
        <span><i style="border-top-color:var(--good)"></i> best</span>
        <span><i style="border-top-color:var(--series-1)"></i> trials with a value</span>
        ${without.length > 0 ? html`<span><i style="border-top-color:var(--text-2)"></i> ${texts.filter(Boolean).join(', ')}</span>` : ''}
      </div>`;
  }

  option(colour) {
    const style = (color, width, opacity) => ({ color, width, opacity });
    const known = this.lines.filter((line) => line.values.at(-1) !== null && line.trial !== this.best);
    const unknown = this.lines.filter((line) => line.values.at(-1) === null);
    const best = this.lines.filter((line) => line.trial === this.best);
    const series = (name, lines, lineStyle, z) => ({
      type: 'parallel', name, z, lineStyle, smooth: 0.15, inactiveOpacity: 0.06,
      data: lines.map((line) => ({ name: `Trial ${line.trial}`, value: this.#values(line) })),
    });
    return {
      tooltip: { ...tooltipStyle(colour), formatter: (at) => this.#tip(at) },
      parallel: { left: 40, right: 60, top: 34, bottom: 18, parallelAxisDefault: this.#axisStyle(colour) },
      parallelAxis: this.axes.map((axis, dim) => this.#axis(axis, dim)),
      series: [
        series('unknown', unknown, style(colour('--text-2'), 1, 0.5), 2),
        series('trials', known, style(colour('--series-1'), 1.4, known.length > 60 ? 0.35 : 0.6), 3),
        series('best', best, style(colour('--good'), 3, 1), 4),
      ],
    };
  }

  #axisStyle(colour) {
    return {
      nameLocation: 'end', nameGap: 14,
      nameTextStyle: { color: colour('--text'), fontSize: 11, fontWeight: 600 },
      axisLine: { lineStyle: { color: colour('--text-2') } },
      axisTick: { lineStyle: { color: colour('--line') } },
      z: 10,
      axisLabel: { color: colour('--text'), fontSize: 11, textBorderColor: colour('--panel'), textBorderWidth: 3, formatter: (value) => text(value) },
    };
  }

  #axis({ name, scale }, dim) {
    if (scale !== 'category') {
      const numbers = this.lines.map((line) => line.values[dim]).filter((value) => typeof value === 'number');
      const span = { min: Math.min(...numbers), max: Math.max(...numbers) };
      const shown = numbers.length === 0 || span.min === span.max ? {} : span;
      return { dim, name, type: scale === 'log' ? 'log' : 'value', ...shown, axisLabel: { formatter: (value) => text(value), showMinLabel: true, showMaxLabel: true, hideOverlap: true } };
    }
    const values = [...new Set(this.lines.map((line) => line.values[dim]))];
    if (values.every((value) => typeof value === 'number')) values.sort((a, b) => a - b);
    return { dim, name, type: 'category', data: values.map(text) };
  }

  #values(line) {
    return line.values.map((value, dim) => (value === null ? NaN : this.axes[dim].scale === 'category' ? text(value) : value));
  }

  #tip({ seriesName, name }) {
    const line = this.lines.find((one) => `Trial ${one.trial}` === name);
    const rows = line ? this.axes.map((axis, i) => `${axis.name}: ${text(line.values[i])}`) : [];
    const box = document.createElement('div');
    for (const row of [seriesName === 'best' ? `${name}, the best` : name, ...rows]) {
      box.append(Object.assign(document.createElement('div'), { textContent: row }));
    }
    return box;
  }
}

customElements.define('sm-parallel', Parallel);
