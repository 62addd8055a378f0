import { type Place, type ReceiverAnswer, type ReceiverDialect, receiverDialects } from '@bellwire/verify';
import { expect, it } from 'vitest';
import { readDocPage } from '../support/doc-page.ts';

const table: Readonly<Record<string, ReceiverDialect>> = receiverDialects;
const page = readDocPage('docs/receivers.md');

const code = (text: string): string => `\`${text}\``;

const answer = ({ status, body }: ReceiverAnswer): string =>
  body === ''
    ? `${status}, empty`
    : `${status} ${code(typeof body === 'string' ? body : JSON.stringify(body))}`;

const place = (one: Place): string => code('header' in one ? one.header : one.field);

const data = ({ data: keys, data_without, previous_data }: ReceiverDialect): string => {
  const whole =
    data_without.length === 0 ? 'the whole body' : `the body without ${data_without.map(code).join(', ')}`;
  return `${keys.length === 0 ? whole : code(keys.join('.'))}${previous_data ? ', and `previous_data`' : ''}`;
};

/** As in the README, but for the case of headers and the remark that svix and slack may have no type. */
const normal = (cells: readonly string[]): string =>
  cells.join(' | ').toLowerCase().replaceAll('`', '').replace(', if any', '');

it('the table of dialects is what the documentation lists', () => {
  const documented = page.rows('dialect');
  const rows = Object.entries(table).map(([name, one]) => [
    code(name),
    code(`POST ${one.path}`),
    answer(one.accepted),
    answer(one.refused),
    place(one.id),
    place(one.type),
    data(one),
  ]);
  expect(rows.map(normal).toSorted()).toEqual(documented.map(normal).toSorted());
});

it('three dialects take every method and forms, two have pings of another name', () => {
  const taking = Object.keys(table).filter((name) => table[name]!.forms);
  expect(taking.toSorted()).toEqual(['activities', 'github', 'standard']);
  for (const [name, { methods }] of Object.entries(table))
    expect(methods).toEqual(taking.includes(name) ? ['POST', 'PUT', 'PATCH', 'DELETE'] : ['POST']);
  const pings = Object.entries(table).map(([name, one]) => `${name}: ${one.pings.join()}`);
  expect(pings.filter((line) => !line.endsWith(': ping')).toSorted()).toEqual([
    'casesolved: Webhook Validate,ping',
    'q2: Ping',
  ]);
});

it('the table is data: JSON holds all of it', () => {
  expect(JSON.parse(JSON.stringify(table))).toEqual(table);
});
