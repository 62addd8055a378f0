import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type DialectName, receiverDialects } from '@bellwire/verify';
import { describe, expect, it } from 'vitest';
import { freePort, hasShell, python } from '../support/programs.ts';
import { keepForFile, until } from '../support/running-server.ts';
import {
  createUserEnvironment,
  downloadWheels,
  everyReceiver,
  ReadmeReader,
} from '../support/scaffolded-readme.ts';
import { startScaffolding, type Template } from '../support/scaffolding.ts';
import { ADMIN_KEY, startServer } from '../support/server-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { startTlsFront } from '../support/tls-front.ts';

const folder = await keepForFile(createTemporaryFolder());
const scaffolding = await keepForFile(startScaffolding());
// The server as `pnpm start` runs it.
const server = await keepForFile(startServer({ folder: folder.path, flags: ['--local'] }));
const env = createUserEnvironment(folder.path);
if ('command' in python) {
  const requirements = new URL('../../templates/receiver-flask-compat/requirements.txt', import.meta.url);
  downloadWheels(fileURLToPath(requirements), folder.path);
}

/** By requirements: pip takes most of the time of a Flask receiver, and they are the same for every dialect. */
const virtual_environments = new Map<string, string>();

const secretFor = (dialect: DialectName): string =>
  dialect === 'standard' || dialect === 'svix'
    ? `whsec_${randomBytes(32).toString('base64')}`
    : randomBytes(20).toString('hex');

const followReadme = async (template: Template, dialect: DialectName, more: readonly string[] = []) => {
  const args = [`${template}-${dialect}${more.length}`, '--yes', '-t', template, '-d', dialect, ...more];
  const { stderr } = await scaffolding.scaffolder.create(args, env);
  expect(stderr).toBe('');
  const port = await freePort();
  await using front = await startTlsFront(port);
  const chosen = secretFor(dialect);
  const reader = new ReadmeReader({
    folder: scaffolding.outside.file(args[0]!),
    env,
    port,
    replacements: {
      'bw_…': ADMIN_KEY,
      'http://127.0.0.1:4400': server.url,
      'http://127.0.0.1:3000': `http://127.0.0.1:${port}`,
      'https://localhost:3443': front.origin,
      '"secret": "…"': `"secret": "${chosen}"`,
    },
  });
  if (template === 'express') await reader.install();
  else await reader.installWithPip(virtual_environments);
  const { id, secret = chosen } = await reader.createHook();
  reader.setSecret(secret);
  {
    await using receiver = await reader.start();
    await reader.send(id);
    const handled = more.length === 0 ? '"event":\\s?"order_created"' : '"event":\\s?"handled"';
    await until(
      async () => receiver.output(),
      (output) => new RegExp(handled).test(output),
    );
    const deliveries = await until(
      () => reader.deliveries(id),
      (all) => all.length > 0 && all.every(({ status }) => status === 'succeeded' || status === 'failed'),
    );
    const wanted = deliveries.map(() => 'succeeded');
    // The receiver did not run yet when q2 sent the ping of a new hook; the list begins with the latest delivery.
    if (dialect === 'q2') wanted[wanted.length - 1] = 'failed';
    expect(deliveries.map(({ status }) => status)).toEqual(wanted);
  }

  reader.setSecret(secretFor(dialect));
  await using receiver = await reader.start();
  const known = new Set((await reader.deliveries(id)).map((one) => one.id));
  await reader.send(id);
  const attempts = await until(
    async () => {
      const sent = (await reader.deliveries(id)).find((one) => !known.has(one.id));
      return (await server.call('GET', `/v1/deliveries/${sent?.id}`)).body.attempts ?? [];
    },
    (all: readonly { readonly response: unknown }[]) => all.length > 0,
  );
  expect(attempts[0]).toMatchObject({ response: { status: receiverDialects[dialect].refused.status } });
  expect(receiver.output()).toMatch(/"event":\s?"refused"/);
  await server.call('DELETE', `/v1/webhooks/${id}`);
};

describe.skipIf(!hasShell)(
  'following a README leads to a verified delivery, and a wrong secret to a refusal',
  () => {
    describe.each(everyReceiver)('%s', (template, dialect) => {
      it.skipIf(template === 'flask' && 'missing' in python)(
        `receives ${dialect}`,
        () => followReadme(template, dialect),
        90_000,
      );
    });

    it.each(['express', 'flask'] as const)(
      '%s receives an event of a catalog',
      async (template) => {
        const type = {
          description: '',
          schema: { type: 'object', required: ['apple'] },
          example: { apple: 1 },
        };
        expect((await server.call('PUT', '/v1/event-types/apple.picked', type)).status).toBe(200);
        await followReadme(template, 'standard', ['--events', server.url, '--api-key', ADMIN_KEY]);
      },
      90_000,
    );
  },
);
