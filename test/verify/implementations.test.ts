import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type DialectName, verify } from '@bellwire/client/verify';
import { afterAll, describe, expect, it } from 'vitest';
import { isSigned } from '../../packages/server/src/dialects/is-signed.ts';
import { createDialects } from '../../packages/server/src/dialects/registry.ts';
import type { DialectName as ExpressDialect } from '../../templates/receiver-express/src/dialects.ts';
import { verify as verifyInExpress } from '../../templates/receiver-express/src/verify.ts';
import { python, skipReason } from '../support/programs.ts';
import { bodyOf, type ReceivingCase, receivingCases } from '../support/vectors.ts';

/** `accepted`, or the reason of the refusal where the implementation names one. */
type Verdict = string;

const dialects = createDialects();

const server = (one: ReceivingCase): Verdict => {
  const received = { headers: one.headers, body: bodyOf(one) };
  const judging = { secrets: one.secrets, now: one.now * 1000 };
  return isSigned(dialects.get(one.dialect)!, received, judging) ? 'accepted' : 'refused';
};

const client = async (one: ReceivingCase): Promise<Verdict> => {
  const received = { headers: one.headers, body: bodyOf(one) };
  const dialect = one.dialect as DialectName;
  const verdict = await verify(received, { secret: one.secrets, dialect, now: () => one.now * 1000 });
  return verdict.accepted ? 'accepted' : verdict.reason;
};

const inExpress = (one: ReceivingCase): Verdict => {
  const { headers, secrets, now } = one;
  const dialect = one.dialect as ExpressDialect;
  const verdict = verifyInExpress({ dialect, secrets, headers, body: bodyOf(one), now });
  return verdict.accepted ? 'accepted' : verdict.reason;
};

const flask = fileURLToPath(new URL('../../templates/receiver-flask-compat', import.meta.url));

/** Judges every case in one process, since the verifier needs nothing but the standard library. */
const JUDGE_ALL = `
import base64, json, sys
sys.dont_write_bytecode = True
from receiver.verify import DIALECTS, verify
def body(case):
    if "body_base64" in case: return base64.b64decode(case["body_base64"])
    text = case["body"] if "body" in case else case["body_repeat"][0] * case["body_repeat"][1]
    return text.encode()
def verdict(case):
    refusal = verify(DIALECTS[case["dialect"]], case["secrets"], case["headers"], body(case), case["now"])
    return "accepted" if refusal is None else refusal.reason
json.dump([verdict(case) for case in json.load(sys.stdin)], sys.stdout)
`;

const inFlask = (cases: readonly ReceivingCase[]): readonly Verdict[] => {
  if ('missing' in python) return [];
  const run = spawnSync(python.command, ['-c', JUDGE_ALL], {
    cwd: flask,
    input: JSON.stringify(cases),
    encoding: 'utf8',
    maxBuffer: 1 << 24,
  });
  expect(run.stderr).toBe('');
  return JSON.parse(run.stdout) as readonly Verdict[];
};

/** What an implementation leaves out, and why. */
const notOffered: Readonly<Record<string, string>> = {
  server: 'it holds the private key of a v1a hook, never the public one',
  flask: 'Python’s standard library has no ed25519, and the template needs nothing else',
};

const expected = ({ accepted, reason = '' }: ReceivingCase): Verdict => (accepted ? 'accepted' : reason);

const judged = (implementation: string): readonly ReceivingCase[] =>
  receivingCases.filter(({ needs }) => needs === undefined || !(implementation in notOffered));

describe('the requests that receivers are tried with', () => {
  const table = new Map<string, ReadonlyMap<string, Verdict>>();
  const fill = (implementation: string, verdicts: readonly (readonly [string, Verdict])[]): void =>
    void table.set(implementation, new Map(verdicts));

  const expectAlike = (implementation: string, verdicts: readonly Verdict[]): void => {
    const cases = judged(implementation);
    fill(
      implementation,
      cases.map(({ name }, index) => [name, verdicts[index]!]),
    );
    expect(cases.map(({ name }, index) => `${name} → ${verdicts[index]}`)).toEqual(
      cases.map((one) => `${one.name} → ${expected(one)}`),
    );
  };

  it('cover every dialect, each accepted and refused', () => {
    for (const dialect of dialects.keys()) {
      const own = receivingCases.filter((one) => one.dialect === dialect);
      expect([dialect, new Set(own.map(({ accepted }) => accepted)).size]).toEqual([dialect, 2]);
    }
  });

  it('are judged alike by the server, which gives no reasons', () => {
    const verdicts = judged('server').map((one) => (server(one) === 'accepted' ? 'accepted' : 'refused'));
    fill(
      'server',
      judged('server').map(({ name }, index) => [name, verdicts[index]!]),
    );
    expect(verdicts).toEqual(judged('server').map(({ accepted }) => (accepted ? 'accepted' : 'refused')));
  });

  it('are judged alike by the client', async () => {
    expectAlike('client', await Promise.all(receivingCases.map(client)));
  });

  it('are judged alike by the Express template', () => {
    expectAlike('express', receivingCases.map(inExpress));
  });

  it.skipIf('missing' in python)(`are judged alike by the Flask template${skipReason(python)}`, () => {
    expectAlike('flask', inFlask(judged('flask')));
  });

  afterAll(() => {
    const names = [...table.keys()];
    const rows = receivingCases.map((one) => {
      const cells = names.map((name) => table.get(name)?.get(one.name) ?? 'not offered');
      return `${one.name.padEnd(72)} ${cells.map((cell) => cell.padEnd(19)).join(' ')}`;
    });
    const reasons = Object.entries(notOffered).map(
      ([name, why]) => `ed25519 is not offered by ${name}: ${why}.`,
    );
    const head = `${'case'.padEnd(72)} ${names.map((name) => name.padEnd(19)).join(' ')}`;
    process.stdout.write(`\n${[head, ...rows, ...reasons].join('\n')}\n`);
  });
});
