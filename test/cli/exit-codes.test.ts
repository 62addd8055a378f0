import { createServer } from 'node:http';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { portOf } from '../support/port-of.ts';
import { commandLineOf, runCommand } from '../support/command-line.ts';
import { startServer } from '../support/running-server.ts';

const KEY = ['--api-key', 'a-key'];
const CLOSED = ['--url', 'http://127.0.0.1:1999', ...KEY];

const wrongUsages: readonly (readonly [what: string, command: string, message: string])[] = [
  ['an unknown command', 'hoks', "unknown command 'hoks' (Did you mean hooks?)"],
  ['an unknown verb', 'hooks lst', "unknown command 'lst' (Did you mean list?)"],
  ['an unknown flag', 'hooks list --jsn', "unknown option '--jsn' (Did you mean --json?)"],
  ['a missing argument', 'hooks get', "missing required argument 'hook_id'"],
  ['an extra argument', 'hooks list x', "too many arguments for 'list'. Expected 0 arguments but got 1"],
  ['a missing flag', 'hooks create http://x', "required option '--events <types>' not specified"],
  ['an empty event name', 'hooks create http://x --events a,,b', 'names'],
  ['an invalid number', 'hooks list --limit 1e3', 'ust be a whole number.'],
  ['an unknown status', 'deliveries list --status lost', 'Allowed choices are pending, sending'],
  ['an invalid time', 'deliveries list --since yesterday', 'like 24h'],
  ['a time without a zone', 'deliveries list --since 2026-11-21T10:30', 'is invalid'],
  ['an invalid day', 'deliveries list --since 2026-13-01', 'is invalid'],
  ['an invalid duration', 'hooks rotate-secret wh_1 --grace 5', 'like 30m, 24h or 7d'],
  ['a header without a value', 'hooks update wh_1 --header X', "like 'X-Tenant: acme'"],
  ['--all with --limit', 'hooks list --all --limit 3', '--limit'],
  ['no data', 'events send a', "--data '{…}', a file or -, or --set path=value"],
  ['data that is not JSON', 'events send a --data {"a":}', '--data is not valid JSON: '],
  ['data that is not an object', 'events send a --data [1]', '--data must be a JSON object'],
  ['data in a missing file', 'events send a --data none.json', 'there is no file none.json'],
  [
    'a number that would lose digits',
    'events send a --data {"id":9007199254740993}',
    'the number 9007199254740993',
  ],
  ['a value without a path', 'events send a --set =1', 'must be a path and a value'],
  ['a value without a value', 'events send a --set a', 'must be a path and a value'],
  ['a path through a number', 'events send a --data {"a":1} --set a.b=2', 'which has no fields'],
  ['an index past the end of a list', 'events send a --data {"a":[1]} --set a.3=2', 'a list of 1'],
  ['a set number that would overflow', 'events send a --set a=1e400', 'the number 1e400'],
  ['a recovery without a start', 'recover wh_1', '--since'],
  ['missed events of every hook', 'recover --since 1h --status missed', 'Specify the hook'],
  ['nothing to watch', 'deliveries watch', 'what to watch'],
  ['one and many to watch', 'deliveries watch dlv_1 --hook wh_1', 'what to watch'],
  ['an invalid url', 'hooks list --url localhost:4400', 'it is "localhost:4400"'],
];

test.each(wrongUsages)(
  '%s: exit code 2, one line, and no request to a server',
  async (_, command, message) => {
    const { code, stdout, stderr } = await runCommand([...command.split(' '), ...KEY]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^bellwire: [^\n]+\n$/);
    expect(stderr).toContain(message);
  },
);

test('a missing key is exit code 2, with the ways to set one', async () => {
  const { code, stdout, stderr } = await runCommand(['hooks', 'list']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^bellwire: There is no API key\. Set BELLWIRE_API_KEY[^\n]+--api-key\. [^\n]+\n$/);
});

test('an incomplete command is exit code 2, with the help on standard error', async () => {
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
  for (const exit_code of [0, 1, 2, 3]) expect(stdout).toMatch(new RegExp(`\n  ${exit_code}  \\w`));
});

test('a refusal of the server is exit code 1, with its message and code', async () => {
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

test('no answer within seconds, or an answer of another program, is exit code 3', async () => {
  const started = performance.now();
  for (const args of [
    ['hooks', 'list'],
    ['trigger', 'a'],
    ['hooks', 'create', 'http://x', '--events', 'a'],
  ]) {
    const { code, stdout, stderr } = await runCommand([...args, ...CLOSED]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^bellwire: http:\/\/127\.0\.0\.1:1999 [^\n]+\(ECONNREFUSED\)\. [^\n]+\n$/);
  }
  expect(performance.now() - started).toBeLessThan(5_000);

  await using other = createServer((_, response) => void response.end('<h1>hello</h1>'));
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const url = `http://127.0.0.1:${portOf(other)}`;
  for (const args of [['hooks', 'list'], ['inbox']]) {
    const { code, stderr } = await runCommand([...args, '--url', url, ...KEY]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^bellwire: http\S+ .*\b200\b/);
  }
});
