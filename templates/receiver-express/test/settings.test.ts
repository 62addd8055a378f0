import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Environment, readSettings } from '../src/settings.ts';

const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const refused: readonly (readonly [string, Environment, RegExp])[] = [
  ['no secret', { WEBHOOK_SECRET: undefined }, /^WEBHOOK_SECRET is not set\. .*POST \/v1\/webhooks/],
  ['an empty secret', { WEBHOOK_SECRET: '' }, /^WEBHOOK_SECRET is not set\./],
  ['a secret that is no base64', { WEBHOOK_SECRET: 'whsec_!!!' }, /^WEBHOOK_SECRET has .*Copy it again/],
  ['whsec_ and nothing behind it', { WEBHOOK_SECRET: 'whsec_' }, /^WEBHOOK_SECRET has /],
  ['a public key that is none', { WEBHOOK_SECRET: 'whpk_AAAA' }, /^WEBHOOK_SECRET has /],
  [
    'a previous secret of that kind',
    { WEBHOOK_PREVIOUS_SECRETS: 'a,whsec_!!!' },
    /^WEBHOOK_PREVIOUS_SECRETS has /,
  ],
  [
    'an unknown dialect',
    { WEBHOOK_DIALECT: 'Github' },
    /^WEBHOOK_DIALECT is "Github".* standard, svix, q2, .*slack/,
  ],
  ['a dialect named like a method', { WEBHOOK_DIALECT: 'toString' }, /^WEBHOOK_DIALECT is "toString"/],
  [
    'a port that is none',
    { PORT: '65536' },
    /^PORT is "65536", but must be a whole number from 0 to 65535\.$/,
  ],
  ['a number with a sign', { RATE_LIMIT: '-1' }, /^RATE_LIMIT is "-1"/],
  ['a number with a unit', { INBOX_LIMIT: '10k' }, /^INBOX_LIMIT is "10k"/],
  ['no attempts', { MAX_ATTEMPTS: '0' }, /^MAX_ATTEMPTS is "0"/],
  [
    'ids forgotten too early',
    { KEEP_DAYS: '3' },
    /^KEEP_DAYS is "3".* from 4 .*the sender may send it again/,
  ],
  ['an unknown level', { LOG_LEVEL: 'loud' }, /^LOG_LEVEL is "loud".*debug, info, warn, error/],
];

for (const [what, environment, message] of refused) {
  await test(`${what} is refused in one line that says what to do, without the secret`, () => {
    assert.throws(
      () => readSettings({ WEBHOOK_SECRET: 'the secret itself', ...environment }),
      (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n|the secret itself|!!!|AAAA/);
        return true;
      },
    );
  });
}

await test('with a secret alone, all is as the README says', () => {
  assert.deepEqual(readSettings({ WEBHOOK_SECRET: WHSEC, PORT: '' }), {
    dialect: 'standard',
    secrets: [WHSEC],
    host: '0.0.0.0',
    port: 3000,
    trust_proxy: 0,
    inbox_path: 'data/inbox.db',
    inbox_limit: 10_000,
    rate_limit: 1000,
    max_attempts: 8,
    concurrency: 1,
    keep_days: 14,
  });
});

await test('previous secrets stand behind the current one, spaces and gaps do not count', () => {
  const { secrets } = readSettings({ WEBHOOK_SECRET: 'new', WEBHOOK_PREVIOUS_SECRETS: ' old, ,older,' });
  assert.deepEqual(secrets, ['new', 'old', 'older']);
});

await test('in a dialect whose secrets are texts, whsec_ means nothing', () => {
  assert.deepEqual(readSettings({ WEBHOOK_SECRET: 'whsec_!!!', WEBHOOK_DIALECT: 'stripe' }).secrets, [
    'whsec_!!!',
  ]);
});
