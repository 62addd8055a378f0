import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { composeKey, keyScopes } from '../../packages/server/src/core/api-key.ts';
import { createIdFactory } from '../../packages/server/src/core/ids.ts';
import { ADMIN_KEY, keepForFile, startServer } from '../support/running-server.ts';
import { runCommand } from '../support/command-line.ts';
import { readDocPage } from '../support/doc-page.ts';

const page = readDocPage('docs/api-keys.md');

it('the regular expression and the checksum of the page find every key, and nothing beside it', () => {
  const [, expression = ''] = page.blocks('text')[0]!.trim().split('\n');
  const scanner = new RegExp(expression, 'g');
  const ids = createIdFactory(Date.now, randomBytes);
  const keys = [...keyScopes, 'portal' as const].map((scope) => composeKey(scope, ids('key'), randomBytes));
  const leaked = `KEY=${keys[0]}\n{"api_key":"${keys[1]}"} Bearer ${keys[2]}, '${keys[3]}' ${keys[4]}.`;
  expect(leaked.match(scanner)).toEqual(keys);
  expect(`x${keys[0]} ${keys[1]}0 ${keys[2]!.slice(0, -1)}`.match(scanner)).toBe(null);
  for (const key of keys) {
    const [, text = '', check] = /^(.*)_(.*)$/.exec(key) ?? [];
    expect(crc32(text).toString(16).padStart(8, '0')).toBe(check);
  }
});

it('the table of the page has every scope, and its command creates a key', async () => {
  const rows = [...page.text.matchAll(/^\| `(\w+)` /gm)].map(([, scope]) => scope);
  expect(rows).toEqual([...keyScopes, 'portal']);
  const server = await keepForFile(startServer());
  const [, words = ''] = /^bellwire (.*)$/m.exec(page.blocks('sh')[0]!) ?? [];
  const argv = [...words.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const env = { BELLWIRE_URL: server.origin, BELLWIRE_API_KEY: ADMIN_KEY };
  expect(await runCommand(argv, { env })).toMatchObject({ code: 0 });
  const { body } = await server.api('GET /v1/api-keys');
  expect(body.data).toContainEqual(
    expect.objectContaining({ name: 'checkout service', scope: 'send', expires_at: expect.any(String) }),
  );
});
