import { printable } from './printable.ts';

/** 2026-11-21T10:30:00.182Z */
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{3}Z$/;

/** Prints the value of a field on one line. */
export const printValue = (value: unknown): string => {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) {
    const is_flat = value.every((item) => typeof item !== 'object');
    return is_flat && value.length > 0 ? value.map(printValue).join(', ') : printable(JSON.stringify(value));
  }
  return printable(typeof value === 'string' ? value.replace(TIME, '$1Z') : JSON.stringify(value));
};
