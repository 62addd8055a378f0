/** `1,234`. */
export const countText = (count: number): string => count.toLocaleString('en');

/** `99.16 %`. Rounded down, so that only a rate without failures is 100 %. */
export const percentText = (rate: number | null): string => {
  if (rate === null) return '–';
  const percent = Math.floor(rate * 10_000) / 100;
  return `${Number.isInteger(percent) ? percent : percent.toFixed(2)} %`;
};

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** `512 bytes`, `4.2 MB`: in steps of 1,000, as disks are sold. */
export const sizeText = (bytes: number): string => {
  let size = bytes;
  let unit = 0;
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && size < 99.5 ? 1 : 0;
  return `${size.toFixed(digits)} ${UNITS[unit] ?? ''}`;
};

/** The number of an input that may stay empty: null then. */
export const numberOrNull = (text: string): number | null => (text.trim() === '' ? null : Number(text));
