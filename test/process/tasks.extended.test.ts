import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { verify } from '@bellwire/client/verify';
import { expect, it } from 'vitest';
import { readDocPage } from '../support/doc-page.ts';
import { hasShell } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';
import { type BellwireProcess, runBellwire } from '../support/server-process.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

// A typed event is sent in test/docs/readme-service.test.ts, and a receiver is created in test/create-bellwire.

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.js', import.meta.url));
const KEY = 'a-key-of-my-own-0123456789';
const PAGES = ['README.md', 'docs/command-line.md', 'docs/operation.md'].map(
  (path) => readDocPage(path).text,
);
const run = promisify(execFile);

/** A new user's shell: it runs commands of the documentation, with other addresses. */
const openShell = async (server: BellwireProcess, folder: TemporaryFolder) => {
  const [, url = ''] = await server.says(/is running at (http:\S+)\n/);
  await writeFile(folder.file('bellwire'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  await chmod(folder.file('bellwire'), 0o755);
  const env: Record<string, string> = {
    PATH: `${folder.path}:${process.env['PATH']}`,
    BELLWIRE_URL: url,
    BELLWIRE_API_KEY: KEY,
    KEY,
  };
  const addresses = new Map([['http://127.0.0.1:4400', url]]);
  return {
    url,
    env,
    addresses,
    /** Runs a command, which the documentation must contain. Returns what the user sees. */
    documented: async (command: string): Promise<string> => {
      expect(
        PAGES.some((page) => page.includes(command)),
        `the documentation has: ${command}`,
      ).toBe(true);
      const adapted = [...addresses].reduce((text, [from, to]) => text.replaceAll(from, to), command);
      return (await run('bash', ['-ceu', `exec 2>&1; ${adapted}`], { cwd: folder.path, env })).stdout;
    },
  };
};

const serve = (folder: TemporaryFolder, ...flags: readonly string[]): BellwireProcess =>
  runBellwire({
    folder: folder.path,
    args: ['serve', '--port', '0', '--retry-schedule', '0,1h', ...flags],
    env: { BELLWIRE_API_KEY: KEY },
  });

const found = (pattern: RegExp, text: string): string => {
  const [match] = pattern.exec(text) ?? [];
  if (match === undefined) throw new Error(`${pattern} is not in:\n${text}`);
  return match;
};

it.skipIf(!hasShell)(
  'a new user delivers, inspects a failure, resends, recovers, tests, verifies and rotates as documented',
  async () => {
    await using folder = await createTemporaryFolder();
    let status = 500;
    await using receiver = await startReceiver(() => ({
      status,
      body: status === 200 ? 'ok' : 'database is down',
    }));
    await using server = serve(folder, '--local');
    const { documented, addresses, env, url } = await openShell(server, folder);
    addresses.set('https://your-app.com/webhooks', `${receiver.origin}/in`);
    const trigger = () => documented(`bellwire trigger order.created --set order.total=499`);

    // First delivery, to localhost.
    const created = await documented(
      `bellwire hooks create https://your-app.com/webhooks --events 'order.*' --name shop`,
    );
    expect(created).toMatch(/^secret +whsec_/m);
    env['HOOK'] = found(/(?<=^number +)\d+/m, created);
    await documented(
      `bellwire event-types put order.created --description 'An order was placed' --example '{"order": {"id": 1, "total": 5}}' --schema '{"type": "object", "required": ["order"]}'`,
    );
    await trigger();
    expect((await receiver.next()).headers['webhook-id']).toMatch(/^evt_/);

    // Inspect a failure.
    const listed = async () => documented('bellwire deliveries list --hook $HOOK --status pending');
    await expect.poll(listed, { timeout: 10_000 }).toContain('The receiver responded with status 500.');
    env['DELIVERY'] = found(/dlv_\w+/, await listed());
    const shown = await documented('bellwire deliveries get $DELIVERY');
    for (const part of ['> POST', `host: ${new URL(receiver.origin).host}`, '< 500', 'database is down']) {
      expect(shown).toContain(part);
    }

    // Resend one.
    status = 200;
    expect(await documented('bellwire deliveries retry $DELIVERY')).toContain('Delivery retried');

    // Recover an outage.
    status = 500;
    for (let n = 0; n < 2; n += 1) await trigger();
    await expect.poll(listed, { timeout: 10_000 }).toMatch(/(status 500[\s\S]*){2}/);
    status = 200;
    expect(await documented('bellwire recover $HOOK --since 1h --dry-run')).toBe(
      'Would send 2: 2 pending.\n',
    );
    await documented('bellwire recover $HOOK --since 1h');
    expect(await documented('bellwire recoveries list')).toMatch(/completed +100 % +2 /);
    await expect.poll(listed, { timeout: 10_000 }).not.toContain('dlv_');

    // Send a test event.
    const tested = await documented('bellwire hooks test $HOOK --type order.created');
    expect(tested).toContain('Test webhook sent');

    // Debug a signature: the recorded request is the one that was signed.
    const { headers, body } = receiver.calls.at(-1)!;
    const secret = found(/whsec_\S+/, created);
    const request = { headers, body };
    expect(await verify(request, { secret })).toMatchObject({ accepted: true });
    const wrong = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    expect(await verify(request, { secret: wrong })).toMatchObject({
      accepted: false,
      reason: 'signature_mismatch',
      message: expect.stringContaining('another hook or was rotated'),
    });

    // Rotate a secret.
    const rotated = await documented('bellwire hooks rotate-secret $HOOK --grace 24h');
    expect(rotated).toContain('Both secrets sign until');
    await documented('bellwire hooks test $HOOK --type order.created');
    const after = receiver.calls.at(-1)!;
    for (const one of [secret, found(/whsec_\S+/, rotated)]) {
      expect(await verify(after, { secret: one })).toMatchObject({ accepted: true });
    }

    // Health.
    expect(await documented('curl -s http://127.0.0.1:4400/readyz')).toMatch(
      /^ready\ndatabase SQLite [\d.]+\nmigrations 0001-foundation\n$/,
    );
    expect(await documented('bellwire stats')).toMatch(/^total +\d+ /m);
    expect(await documented('bellwire hooks get $HOOK')).toMatch(/^status +active$/m);
    expect(url).toMatch(/^http:/);
  },
  120_000,
);

it.skipIf(!hasShell)(
  'in production, receivers on this machine are refused with the way out, a backup works, and SIGTERM ends with 0',
  async () => {
    await using folder = await createTemporaryFolder();
    await using server = serve(folder);
    const { documented, addresses } = await openShell(server, folder);
    addresses.set('https://your-app.com/webhooks', 'http://127.0.0.1:8000/in');
    const create = `curl -s http://127.0.0.1:4400/v1/webhooks -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
  -d '{"url": "https://your-app.com/webhooks", "events": ["order.*"]}'`;
    expect(await documented(create)).toContain(
      'start Bellwire with its network in BELLWIRE_ALLOW_NETWORKS, such as',
    );
    expect(await documented('bellwire backup backup.db')).toMatch(/^Wrote \S+backup\.db: /);
    server.kill('SIGTERM');
    expect(await server.endsWithin(10_000)).toEqual({ code: 0, signal: null });
    expect(server.stdout()).not.toContain(KEY);
  },
  60_000,
);
