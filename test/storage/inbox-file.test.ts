import { existsSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openInboxFile } from '../../packages/server/src/storage/inbox-file.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const failOnWarning = (message: string, fields?: object): never => {
  throw new Error(`${message}: ${JSON.stringify(fields)}`);
};

const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: failOnWarning,
  error: failOnWarning,
};

it('keeps the lines of one turn in their order, those before a replacement out and those after it in', async () => {
  await using folder = await createTemporaryFolder();
  const place = { folder: folder.path, inbox_path: folder.file('inbox.log') };
  const first = await openInboxFile(place, log);
  for (const line of ['1', '2', '3']) first.append(line);
  await first.close();
  const second = await openInboxFile(place, log);
  expect(second.lines).toEqual(['1', '2', '3']);
  second.append('4');
  second.append('5');
  second.replace(['3', '4', '5']);
  second.append('6');
  second.append('7');
  await second.close();
  expect((await openInboxFile(place, log)).lines).toEqual(['3', '4', '5', '6', '7']);
});

it('writes lines that arrive together at once', async () => {
  await using folder = await createTemporaryFolder();
  const path = folder.file('inbox.log');
  const file = await openInboxFile({ folder: folder.path, inbox_path: path }, log);
  const lines = Array.from({ length: 500 }, (_, n) => `line ${n}`);
  for (const line of lines) file.append(line);
  let text = '';
  for (; text === ''; text = existsSync(path) ? readFileSync(path, 'utf8') : '') await nextTurn();
  expect(text.split('\n')).toEqual([...lines, '']);
  await file.close();
});
