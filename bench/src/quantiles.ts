/** The value below which a fraction `q` of the values is. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
};

const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** `p50 1.2 ms, p99 3.4 ms` */
export const p50p99 = (values: readonly number[]): string =>
  `p50 ${ms(quantile(values, 0.5))}, p99 ${ms(quantile(values, 0.99))}`;
