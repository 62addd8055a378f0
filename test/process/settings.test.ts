import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const CONFIG = `
import { defineDialect } from '@bellwire/server';

export default {
  port: 1,
  inbox: true,
  database_url: 'file:from-file.db',
  dialect: 'github',
  dialects: [defineDialect({ name: 'plain' })],
};
`;

test.each([
  ['node', []],
  ['tsx', ['--import', fileOf('node_modules/tsx/dist/loader.mjs')]],
])(
  'under %s, a flag overrides the environment, which overrides bellwire.config.ts with its own dialects',
  async (_, node_args) => {
    await using folder = await createTemporaryFolder();
    mkdirSync(folder.file('node_modules/@bellwire'), { recursive: true });
    symlinkSync(fileOf('packages/server'), folder.file('node_modules/@bellwire/server'));
    writeFileSync(folder.file('bellwire.config.ts'), CONFIG);
    await using server = await startServer({
      folder: folder.path,
      node_args,
      env: { BELLWIRE_DATABASE_URL: 'file:from-variable.db', BELLWIRE_DIALECT: 'plain' },
      flags: ['--database-url', 'file:from-flag.db'],
    });
    const files = ['from-file.db', 'from-variable.db', 'from-flag.db'];
    expect(files.filter((name) => existsSync(folder.file(name)))).toEqual(['from-flag.db']);
    const hook = { url: 'https://example.com/', events: ['*'] };
    expect((await server.call('POST', '/v1/webhooks', hook)).body.dialect).toBe('plain');
    expect((await server.call('GET', '/inbox/any')).status).toBe(200);
  },
);
