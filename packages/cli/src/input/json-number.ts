/** The same text for equal decimal numbers: sign, digits without zeros around them, power of ten. */
const decimalOf = (number: string): string => {
  const sign = number.startsWith('-') ? '-' : '';
  const [mantissa = '', exponent = '0'] = number.slice(sign.length).toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  // By hand: /0+$/ takes quadratic time on a long run of zeros inside.
  while (digits[end - 1] === '0') end -= 1;
  if (end === 0) return '0';
  return `${sign}${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
};

/** Whether JavaScript keeps the value of a number that stands in JSON like this. */
export const keepsItsValue = (number: string): boolean => {
  const double = Number(number);
  return Number.isFinite(double) && decimalOf(String(double)) === decimalOf(number);
};
