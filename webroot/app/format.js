// How values are written. Absent is not zero: null and undefined are a dash.

export const DASH = '–';
const absent = (value) => value === null || value === undefined || Number.isNaN(value);

export function number(value, digits = 4) {
  if (absent(value)) return DASH;
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  if (Math.abs(value) >= 1000) return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
  return String(Number(value.toPrecision(digits)));
}

/** Dollars; very small amounts keep two significant digits, so that they do not look free. */
export function money(value) {
  if (absent(value)) return DASH;
  if (value !== 0 && Math.abs(value) < 0.01) return `$${Number(value.toPrecision(2)).toFixed(9).replace(/0+$/, '')}`;
  return `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

export function bytes(value) {
  if (absent(value)) return DASH;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (value >= 1024 && i < units.length - 1) {
    value /= 1024;
    i++;
  }
  return `${i === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[i]}`;
}

export function percent(fraction) {
  return absent(fraction) ? DASH : `${Math.floor(fraction * 100)} %`;
}

export function duration(seconds) {
  if (absent(seconds)) return DASH;
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

/** Seconds from one ISO time to another, or to now; null if it has not begun. */
export function between(from, to) {
  return from ? ((to ? Date.parse(to) : Date.now()) - Date.parse(from)) / 1000 : null;
}

/** Local time; with the date unless it is today. */
export function time(iso) {
  if (!iso) return DASH;
  const at = new Date(iso);
  const clock = at.toLocaleTimeString('en-GB');
  return at.toDateString() === new Date().toDateString() ? clock : `${day(at)} ${clock}`;
}

function day(at) {
  const two = (n) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export function words(code) {
  return code ? code.replaceAll('_', ' ') : DASH;
}

/** {"cpu":"2","memory":"1Gi"} as "2 CPU, 1Gi memory". */
export function resources(amounts) {
  const parts = [
    amounts?.cpu && `${amounts.cpu} CPU`,
    amounts?.memory && `${amounts.memory} memory`,
    amounts?.gpu && `${amounts.gpu} GPU`,
    amounts?.storage && `${amounts.storage} storage`,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : DASH;
}

/** "500m" as 0.5, "4Gi" in bytes. */
export function amount(text) {
  const [, value, unit] = /^([0-9.]+)([a-zA-Z]*)$/.exec(String(text ?? '')) ?? [];
  if (value === undefined) return null;
  const powers = { '': 1, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };
  return unit in powers ? Number(value) * powers[unit] : null;
}
