/** The value below which a fraction `q` of the values is. */
export const quantile = (values: readonly number[], q: number): number => {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
};
