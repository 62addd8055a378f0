/** The canonical text of a decimal number: sign, digits without leading and trailing zeros, power of ten. */
const decimalOf = (number: string): string => {
  const sign = number.startsWith('-') ? '-' : '';
  const [mantissa = '', exponent = '0'] = number.slice(sign.length).toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  // A loop, because /0+$/ takes quadratic time on a long run of inner zeros.
  while (digits[end - 1] === '0') end -= 1;
  if (end === 0) return '0';
  return `${sign}${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
};

/** Whether JavaScript represents this JSON number exactly. */
export const isExact = (number: string): boolean => {
  const double = Number(number);
  return Number.isFinite(double) && decimalOf(String(double)) === decimalOf(number);
};
