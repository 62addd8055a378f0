import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { DialectName } from '../src/dialects.ts';
import { type Reason, verify } from '../src/verify.ts';

interface Vector {
  readonly name: string;
  readonly dialect: DialectName;
  readonly secrets: readonly string[];
  readonly now: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly body_base64?: string;
  readonly body_repeat?: readonly [string, number];
  readonly accepted: boolean;
  readonly reason?: Reason;
}

const vectors = JSON.parse(
  readFileSync(new URL('vectors.json', import.meta.url), 'utf8'),
) as readonly Vector[];

const bodyOf = ({ body, body_base64, body_repeat }: Vector): Uint8Array => {
  if (body_base64 !== undefined) return Buffer.from(body_base64, 'base64');
  if (body_repeat !== undefined) return Buffer.from(body_repeat[0].repeat(body_repeat[1]));
  return Buffer.from(body ?? '');
};

for (const vector of vectors) {
  await test(`${vector.name}: ${vector.accepted ? 'accepted' : `refused, ${vector.reason}`}`, () => {
    const { dialect, secrets, headers, now } = vector;
    const verdict = verify({ dialect, secrets, headers, body: bodyOf(vector), now });
    assert.equal(verdict.accepted, vector.accepted);
    if (!verdict.accepted) assert.equal(verdict.reason, vector.reason);
  });
}

await test('what is told of a refusal holds neither secret nor signature nor body', () => {
  const told = vectors
    .map((vector) => ({ vector, verdict: verify({ ...vector, body: bodyOf(vector) }) }))
    .filter(({ verdict }) => !verdict.accepted);
  assert.ok(told.length > 100);
  for (const { vector, verdict } of told) {
    const detail = JSON.stringify(verdict);
    const kept = [...vector.secrets, ...Object.values(vector.headers), vector.body ?? ''];
    for (const text of kept.filter((one) => one.length > 8)) assert.ok(!detail.includes(text), detail);
  }
});
