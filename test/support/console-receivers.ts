import { spawnSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  formatOf,
  type Language,
  receivers,
} from '../../packages/web/src/pages/webhooks/receiver/receiver-code.ts';
import {
  commandOf,
  findProgram,
  type Found,
  freePort,
  python,
  skipReason,
  startProgram,
} from './programs.ts';
import { keepForFile, startServer } from './running-server.ts';
import { createTemporaryFolder } from './temporary-folder.ts';

const SECRET = 'a-secret-of-this-test';

/** How the code of each language is started from its file. */
const runtimes: Readonly<
  Record<
    Language,
    { readonly found: Found; readonly file: string; readonly args: (port: number) => string[] }
  >
> = {
  node: { found: { command: process.execPath }, file: 'receiver.mjs', args: () => ['receiver.mjs'] },
  python: { found: python, file: 'receiver.py', args: () => ['receiver.py'] },
  php: {
    found: findProgram(['php'], ['-v']),
    file: 'receiver.php',
    args: (port) => ['-S', `127.0.0.1:${port}`, 'receiver.php'],
  },
  go: { found: findProgram(['go'], ['version']), file: 'receiver.go', args: () => [] },
};

const json = { method: 'POST', content_type: 'application/json' } as const;
const form = { method: 'PUT', content_type: 'application/x-www-form-urlencoded' } as const;

/** A dialect for each scheme and each way to name the headers, and a hook with another kind of request. */
const hooks = [
  ...['standard', 'svix', 'stripe', 'slack', 'shopify', 'activities', 'github', 'casesolved'].map(
    (dialect) => ({
      dialect,
      ...json,
    }),
  ),
  { dialect: 'activities', ...form },
] as const;

const build = async (language: Language, code: string) => {
  const { found, file, args } = runtimes[language];
  const folder = await createTemporaryFolder();
  await writeFile(folder.file(file), code);
  await symlink(fileURLToPath(new URL('../node_modules', import.meta.url)), folder.file('node_modules'));
  if (language !== 'go') return { folder, command: commandOf(found), args };
  // `go run` starts a process of its own, which would outlive the test.
  const built = spawnSync(commandOf(found), ['build', '-o', 'receiver', file], {
    cwd: folder.path,
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(built.stderr);
  return { folder, command: folder.file('receiver'), args };
};

interface Sent {
  readonly method: string;
  readonly headers: Record<string, string>;
}

/** Sends the request of an attempt again, with another body. */
const resend = async (url: string, request: Sent, body: string) => {
  const { connection: _1, host: _2, 'content-length': _3, ...headers } = request.headers;
  const response = await fetch(url, { method: request.method, headers, body });
  await response.arrayBuffer();
  return response.status;
};

/** The tests of the code that the console shows for a language: real programs, and requests that a server has signed. */
export const describeReceivers = async (languages: readonly Language[]): Promise<void> => {
  const server = await keepForFile(startServer());
  describe.each(languages)('%s', (language) => {
    const { found } = runtimes[language];
    it.skipIf('missing' in found).each(hooks)(
      `accepts what the server sends in $dialect by $method, and refuses another body, secret or no header${skipReason(found)}`,
      async (hook) => {
        const { dialect, method } = hook;
        const code = receivers[language].write(formatOf(hook)!);
        const { folder, command, args } = await build(language, code);
        await using _folder = folder;
        const port = await freePort();
        const url = `http://127.0.0.1:${port}/`;
        const env = { WEBHOOK_SECRET: SECRET, PORT: String(port) };
        await using program = await startProgram({ command, args: args(port), env, port, cwd: folder.path });
        const send = async (secret: string) => {
          const { id } = await server.addHook(url, { ...hook, secret, active: false });
          const { body } = await server.api(`POST /v1/webhooks/${id}/test`, { data: { object: { n: 1 } } });
          const { attempts } = await server.deliveryIn(body.delivery_id, 'succeeded', 'failed');
          return attempts[0]!;
        };
        const { request, response } = await send(SECRET);
        expect([response!.status, (await send('another-secret-than-this')).response!.status]).toEqual([
          200, 401,
        ]);
        // Without a signature, a changed body cannot be noticed.
        if (dialect !== 'casesolved')
          expect(await resend(url, request, request.body.replace('1', '2'))).toBe(401);
        expect(await resend(url, { method, headers: {} }, request.body)).toBe(401);
        // The code after the check has read the body.
        expect(program.output()).not.toMatch(/Traceback|Error|Warning/);
      },
      180_000,
    );
  });
};
