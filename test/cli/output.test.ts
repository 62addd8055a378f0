import { expect, test } from 'vitest';
import { printJson } from '../../packages/cli/src/print/json.ts';
import { printRecord } from '../../packages/cli/src/print/record.ts';
import { colourOf, type Style } from '../../packages/cli/src/print/style.ts';
import { type Column, printTable } from '../../packages/cli/src/print/table.ts';

interface Row {
  readonly name: string;
  readonly status: string;
  readonly url: string;
}

const columns: readonly Column<Row>[] = [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'STATUS', of: ({ status }) => status, colour: colourOf },
  { title: 'URL', of: ({ url }) => url },
];

const plain: Style = { width: null, colours: false };
const row: Row = { name: 'Shop', status: 'active', url: 'https://example.com/webhooks' };

test('a table aligns its columns under their titles, and is not truncated without a terminal', () => {
  const rows = [row, { ...row, name: 'A longer name', status: 'failed' }];
  expect(printTable(rows, columns, plain)).toBe(
    [
      'NAME           STATUS  URL',
      'Shop           active  https://example.com/webhooks',
      'A longer name  failed  https://example.com/webhooks',
    ].join('\n'),
  );
});

test('on a terminal the last column is truncated to the line', () => {
  expect(printTable([row], columns, { ...plain, width: 30 })).toBe(
    'NAME  STATUS  URL\nShop  active  https://example…',
  );
});

test('a status is coloured without moving the columns', () => {
  const coloured = printTable([row, { ...row, status: 'canceled' }], columns, { width: null, colours: true });
  expect(coloured).toContain('\u001b[32mactive\u001b[39m    https');
  const without = coloured.replaceAll(/\u001b\[\d+m/g, '');
  expect(without).toBe(printTable([row, { ...row, status: 'canceled' }], columns, plain));
});

test('characters of several code points count by their displayed width', () => {
  const rows = [
    { ...row, name: '👩‍💻é' },
    { ...row, name: 'abc' },
  ];
  expect(printTable(rows, columns, plain).split('\n')[1]).toBe(`👩‍💻é    active  ${row.url}`);
});

test('text from outside cannot move the cursor, add a line or reverse the text', () => {
  const hostile = { ...row, name: 'a\u001b[2J\nb\u202ec\u009b1m' };
  const shown = '\\u001b[2J\\u000ab\\u202ec\\u009b1m';
  expect(printTable([hostile], columns, plain)).toContain(`a${shown}  active`);
  expect(printRecord({ name: hostile.name }, plain)).toBe(`name  a${shown}`);
  expect(printRecord({ data: hostile }, plain)).not.toMatch(/[\u001b\u009b\u202e]/);
  const json = printJson({ name: hostile.name }, 2);
  expect(json).not.toMatch(/[\u001b\u009b\u202e]/);
  expect(JSON.parse(json)).toEqual({ name: hostile.name });
});

test('a record is printed as one field per line: lists, times, yes and no, and a dash for null', () => {
  const record = {
    id: 'wh_1',
    events: ['order.*', 'a'],
    headers: {},
    active: true,
    count: 0,
    none: null,
    created_at: '2026-11-21T10:30:00.182Z',
  };
  expect(printRecord(record, plain)).toBe(
    [
      'id          wh_1',
      'events      order.*, a',
      'headers     {}',
      'active      yes',
      'count       0',
      'none        -',
      'created_at  2026-11-21T10:30:00Z',
    ].join('\n'),
  );
});
