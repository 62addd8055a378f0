import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type DialectName, type RefusalReason, verify } from '../src/verify.ts';

interface Case {
  readonly name: string;
  readonly dialect: DialectName;
  readonly secrets: readonly string[];
  readonly now: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly body_base64?: string;
  readonly body_repeat?: readonly [string, number];
  readonly accepted: boolean;
  readonly reason?: RefusalReason;
}

const cases = JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8')) as readonly Case[];

const bodyOf = ({ body = '', body_base64, body_repeat: [text, times] = [body, 1] }: Case): Uint8Array =>
  Buffer.from(body_base64 ?? text.repeat(times), body_base64 === undefined ? 'utf8' : 'base64');

for (const one of cases) {
  await test(`${one.name}: ${one.accepted ? 'accepted' : `refused, ${one.reason}`}`, async () => {
    const { dialect, secrets: secret, headers, now } = one;
    const verdict = await verify({ headers, body: bodyOf(one) }, { dialect, secret, now: () => now * 1000 });
    assert.equal(verdict.accepted ? undefined : verdict.reason, one.reason);
    assert.equal(verdict.accepted, one.accepted);
  });
}
