import { createServer } from 'node:http';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { portOf } from '../support/port-of.ts';
import { commandLineOf, runCommand } from '../support/command-line.ts';
import { startServer } from '../support/running-server.ts';

const KEY = ['--api-key', 'a-key'];
const NOBODY = ['--url', 'http://127.0.0.1:1999', ...KEY];

const wrongUsages: readonly (readonly [string, readonly string[], string])[] = [
  ['an unknown command', ['hoks'], "unknown command 'hoks' (Did you mean hooks?)"],
  ['an unknown verb', ['hooks', 'lst'], "unknown command 'lst' (Did you mean list?)"],
  ['an unknown flag', ['hooks', 'list', '--jsn'], "unknown option '--jsn' (Did you mean --json?)"],
  ['a missing argument', ['hooks', 'get'], "missing required argument 'hook_id'"],
  [
    'one argument more',
    ['hooks', 'list', 'x'],
    "too many arguments for 'list'. Expected 0 arguments but got 1",
  ],
  ['a missing flag', ['hooks', 'create', 'http://x'], "required option '--events <types>' not specified"],
  ['an empty name', ['hooks', 'create', 'http://x', '--events', 'a,,b'], 'Must be comma-separated names.'],
  ['a number that is none', ['hooks', 'list', '--limit', '1e3'], 'Must be a whole number.'],
  ['a word that is none', ['deliveries', 'list', '--status', 'lost'], 'Allowed choices are pending, sending'],
  ['a time that is none', ['deliveries', 'list', '--since', 'yesterday'], 'or an age like 24h'],
  ['a time without a zone', ['deliveries', 'list', '--since', '2026-11-21T10:30'], 'is invalid'],
  ['a day that is none', ['deliveries', 'list', '--since', '2026-13-01'], 'is invalid'],
  ['a duration that is none', ['hooks', 'rotate-secret', 'wh_1', '--grace', '5'], 'like 30m, 24h or 7d'],
  ['a header without a value', ['hooks', 'update', 'wh_1', '--header', 'X'], "like 'X-Tenant: acme'"],
  [
    '--all with --limit',
    ['hooks', 'list', '--all', '--limit', '3'],
    'cannot be combined with --limit or --cursor',
  ],
  ['no data', ['events', 'send', 'a'], "Specify --data '{…}', a file or -, or --set path=value"],
  ['data that is no JSON', ['events', 'send', 'a', '--data', '{"a": }'], '--data is not valid JSON: '],
  ['data that is no object', ['events', 'send', 'a', '--data', '[1]'], '--data must be a JSON object'],
  ['data that is no file', ['events', 'send', 'a', '--data', 'none.json'], 'there is no file none.json'],
  [
    'a number that would change',
    ['events', 'send', 'a', '--data', '{"id": 9007199254740993}'],
    'cannot represent the number 9007199254740993 exactly',
  ],
  ['a value without a path', ['events', 'send', 'a', '--set', '=1'], 'must be a path and a value'],
  ['a value without a value', ['events', 'send', 'a', '--set', 'a'], 'must be a path and a value'],
  [
    'a path through a number',
    ['events', 'send', 'a', '--data', '{"a": 1}', '--set', 'a.b=2'],
    '"b" would be a field of 1, which has no fields',
  ],
  [
    'a place past a list',
    ['events', 'send', 'a', '--data', '{"a": [1]}', '--set', 'a.3=2'],
    '"3" is not an index of a list of 1',
  ],
  [
    'a set number that would change',
    ['events', 'send', 'a', '--set', 'a=1e400'],
    'cannot represent the number 1e400',
  ],
  ['nothing to retry', ['deliveries', 'retry'], 'Specify what to retry'],
  [
    'one and many to retry',
    ['deliveries', 'retry', 'dlv_1', '--yes'],
    'Specify either the id of one delivery, or filters.',
  ],
  ['nothing to watch', ['deliveries', 'watch'], 'Specify what to watch'],
  ['one and many to watch', ['deliveries', 'watch', 'dlv_1', '--hook', 'wh_1'], 'Specify what to watch'],
  ['a url that is none', ['hooks', 'list', '--url', 'localhost:4400'], 'it is "localhost:4400"'],
];

test.each(wrongUsages)(
  '%s: exit code 2, one line, and nothing was asked of a server',
  async (_, args, said) => {
    const { code, stdout, stderr } = await runCommand([...args, ...KEY]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^bellwire: [^\n]+\n$/);
    expect(stderr).toContain(said);
  },
);

test('a missing key is exit code 2 and says where one comes from', async () => {
  const { code, stdout, stderr } = await runCommand(['hooks', 'list']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(
    /^bellwire: There is no API key\. Set BELLWIRE_API_KEY or use --api-key\. [^\n]+\n$/,
  );
});

test('a command that is not complete is exit code 2, with the help on standard error', async () => {
  for (const args of [[], ['hooks']]) {
    const { code, stdout, stderr } = await runCommand(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: bellwire/);
  }
});

test('help and version are exit code 0, on standard output', async () => {
  expect(await runCommand(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d/),
    stderr: '',
  });
  const { code, stdout, stderr } = await runCommand(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const line of ['0  success', '1  refused', '2  wrong usage', '3  no response'])
    expect(stdout).toContain(`\n  ${line}`);
});

test('what the server refuses is exit code 1, with its message and its code', async () => {
  await using server = await startServer();
  const { bellwire } = commandLineOf(server);
  expect(await bellwire(['hooks', 'get', 'wh_none', '--json'])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'bellwire: There is no hook wh_none in this workspace. (not_found)\n',
  });
  const key = await bellwire(['hooks', 'list', '--api-key', 'a-wrong-one']);
  expect(key).toMatchObject({ code: 1, stderr: expect.stringMatching(/ \(unauthenticated\)\n$/) });
  expect(key.stderr).not.toContain('a-wrong-one');
});

test('no answer is exit code 3, soon; so is an answer of another program', async () => {
  const started = performance.now();
  for (const args of [
    ['hooks', 'list'],
    ['trigger', 'a'],
    ['hooks', 'create', 'http://x', '--events', 'a'],
  ]) {
    const { code, stdout, stderr } = await runCommand([...args, ...NOBODY]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(
      /^bellwire: http:\/\/127\.0\.0\.1:1999 did not respond \(ECONNREFUSED\)\. [^\n]+\n$/,
    );
  }
  expect(performance.now() - started).toBeLessThan(5_000);

  await using other = createServer((_, response) => void response.end('<h1>hello</h1>'));
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const url = `http://127.0.0.1:${portOf(other)}`;
  for (const args of [['hooks', 'list'], ['inbox']]) {
    const { code, stderr } = await runCommand([...args, '--url', url, ...KEY]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^bellwire: http\S+ responded with 200 and a body that is not /);
  }
});
