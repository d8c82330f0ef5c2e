// What all charts share: ECharts, loaded with the first one; its life with the element's; the page's colours.
import { Element } from '../app/element.js';

let library = null;
const echarts = () => (library ??= import('../vendor/echarts-6.1.0/echarts.esm.min.js'));

export const COLOURS = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'];
export const DASHES = ['solid', 'dashed', 'dotted'];
const OTHERS = ['--line', '--line-soft', '--panel', '--text', '--text-2', '--accent', '--good', '--warn', '--bad'];

/** Colours first, then other strokes: what line i is drawn with, and its key in the legend. */
export const colourOf = (i) => COLOURS[i % COLOURS.length];
export const dashOf = (i) => DASHES[Math.floor(i / COLOURS.length) % DASHES.length];
export const lineKey = (i) => `border-top-color:var(${colourOf(i)});border-top-style:${dashOf(i)}`;

/** A chart gives render() with a .canvas in it, and option(colour). */
export class Canvas extends Element {
  constructor() {
    super();
    this.chart = null;
    this.repaint = () => this.paint();
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

  firstUpdated() {
    this.#start();
  }

  updated() {
    this.paint();
  }

  async #start() {
    const { init } = await echarts();
    if (!this.isConnected || this.chart) return;
    const canvas = this.querySelector('.canvas');
    this.chart = init(canvas, null, { renderer: 'canvas' });
    this.sizes.observe(canvas);
    this.paint();
  }

  paint() {
    if (this.chart) this.chart.setOption({ animation: false, ...this.option(this.#colours()) }, { notMerge: true });
  }

  /** ECharts paints on a canvas and cannot read custom properties, so the browser is asked what they come to. */
  #colours() {
    const probe = document.createElement('span');
    this.append(probe);
    const resolved = new Map();
    for (const name of [...COLOURS, ...OTHERS]) {
      probe.style.color = `var(${name})`;
      resolved.set(name, getComputedStyle(probe).color);
    }
    probe.remove();
    return (name) => resolved.get(name);
  }
}

export const GRID = { left: 8, right: 14, top: 10, bottom: 6, containLabel: true };

export function axisStyle(colour) {
  return {
    axisLine: { lineStyle: { color: colour('--line') } },
    axisLabel: { color: colour('--text-2'), fontSize: 11, hideOverlap: true },
    splitLine: { lineStyle: { color: colour('--line-soft') } },
  };
}

export function tooltipStyle(colour) {
  return {
    confine: true,
    backgroundColor: colour('--panel'),
    borderColor: colour('--line'),
    textStyle: { color: colour('--text'), fontSize: 12 },
  };
}
