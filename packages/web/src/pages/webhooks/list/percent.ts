/** `100 %`, `99.98 %`, `0 %`: never rounded up to a hundred. */
export const percentText = (rate: number): string => {
  const floored = Math.floor(rate * 10_000) / 100;
  return `${floored >= 100 || floored === 0 ? floored.toFixed(0) : floored.toFixed(floored >= 99 ? 2 : 1)} %`;
};
