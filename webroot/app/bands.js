// Mean and spread of curves whose points need not lie at the same steps.

/** The value of [[x, y]…] at x between its neighbours; null outside: a curve is not drawn on beyond its end. */
function at(points, x) {
  if (points.length === 0 || x < points[0][0] || x > points.at(-1)[0]) return null;
  let low = 0;
  let high = points.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= x) low = middle;
    else high = middle;
  }
  const [x0, y0] = points[low];
  const [x1, y1] = points[high];
  if (x === x0) return y0;
  if (x === x1) return y1;
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}

/**
 * [{x, mean, sd, n}…] at every step of any curve where at least half of the curves have a value, so that the mean does
 * not jump to a few survivors. sd is null for one curve.
 */
export function band(curves) {
  const steps = [...new Set(curves.flatMap((points) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const found = [];
  for (const x of steps) {
    const values = curves.map((points) => at(points, x)).filter((y) => y !== null);
    if (values.length * 2 < curves.length || values.length === 0) continue;
    const mean = values.reduce((sum, y) => sum + y, 0) / values.length;
    const squares = values.reduce((sum, y) => sum + (y - mean) ** 2, 0);
    found.push({ x, mean, sd: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null, n: values.length });
  }
  return found;
}
