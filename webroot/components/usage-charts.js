import { html } from '../app/element.js';
import { bytes, number } from '../app/format.js';
import { chartToCome, empty } from './states.js';
import './chart.js';

const cores = (value) => number(value, 3);

export function usageCharts(usage, running) {
  if (usage.empty) {
    return running
      ? chartToCome('Waiting for the first measurement.')
      : empty('Nothing is running. Measurements show here while a job runs.');
  }
  return html`<div class="charts">
    <sm-chart label="CPU cores" x="time" .series=${usage.series('cpu')} .format=${cores}></sm-chart>
    <sm-chart label="Memory" x="time" .series=${usage.series('memory')} .format=${bytes}></sm-chart>
  </div>`;
}
