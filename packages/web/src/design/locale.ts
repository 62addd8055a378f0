/** How numbers and times are written. */
export interface Locale {
  /** A BCP 47 tag for numbers. */
  readonly numbers: string;
  /** A BCP 47 tag for times: 24-hour clocks, the day before the month. */
  readonly times: string;
  /** The word for less than a second ago. */
  readonly now: string;
}

let current: Locale = { numbers: 'en', times: 'en-GB', now: 'now' };

/** The locale of the page. */
export const locale = (): Locale => current;

/** Chooses the locale. Call it before the first rendering: what is shown does not change with it. */
export const setLocale = (chosen: Locale): void => {
  current = chosen;
};

/** `1,234` or `1.234`. */
export const numberText = (value: number): string => value.toLocaleString(current.numbers);

/** With exactly this many digits after the decimal separator, and without groups. */
export const fixedText = (value: number, digits: number): string =>
  value.toLocaleString(current.numbers, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  });
