import { writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { clientTls } from '../support/faulty-receiver.ts';
import { commandLineTest } from '../support/command-line.ts';

const test = await commandLineTest();

test('hooks create and update read a client certificate from files, and can remove it', async ({
  json,
  bellwire,
  server: { folder },
}) => {
  for (const name of ['client-a', 'client-b'] as const) {
    const { cert, key } = clientTls(name);
    await writeFile(`${folder}/${name}.crt`, cert);
    await writeFile(`${folder}/${name}.key`, key);
  }
  const files = (name: string) => [
    '--client-certificate-file',
    `${folder}/${name}.crt`,
    '--client-key-file',
    `${folder}/${name}.key`,
  ];
  const url = 'https://shop.example.com/webhooks';
  const created = await json('hooks', 'create', url, '--events', '*', ...files('client-a'));
  expect(created.client_certificate).toMatchObject({ subject: 'CN=client-a,O=Acme Inc.' });
  const changed = await json('hooks', 'update', created.id, ...files('client-b'));
  expect(changed.client_certificate).toMatchObject({ subject: 'CN=client-b,O=Acme Inc.' });
  const named = await json('hooks', 'update', created.id, '--name', 'Shop');
  expect(named.client_certificate).toEqual(changed.client_certificate);
  const alone = await bellwire(['hooks', 'update', created.id, ...files('client-a').slice(0, 2)]);
  expect([alone.code, alone.stderr]).toEqual([
    2,
    expect.stringContaining('Specify --client-certificate-file and --client-key-file together.'),
  ]);
  const removed = await json('hooks', 'update', created.id, '--no-client-certificate');
  expect(removed.client_certificate).toBeNull();
});
