import { fixedText } from '../../../design/locale.ts';

/** `100 %`, `99.98 %`, `0 %`: never rounded up to a hundred. */
export const percentText = (rate: number): string => {
  const floored = Math.floor(rate * 10_000) / 100;
  return `${fixedText(floored, floored >= 100 || floored === 0 ? 0 : floored >= 99 ? 2 : 1)} %`;
};
