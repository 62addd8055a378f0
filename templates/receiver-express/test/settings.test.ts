import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Environment, readSettings } from '../src/settings.ts';

const refused: readonly (readonly [string, Environment, RegExp])[] = [
  ['no secret', { WEBHOOK_SECRET: undefined }, /^WEBHOOK_SECRET is not set\. .*POST \/v1\/webhooks/],
  ['an empty secret', { WEBHOOK_SECRET: '' }, /^WEBHOOK_SECRET is not set\./],
  ['a secret that is not base64', { WEBHOOK_SECRET: 'whsec_!!!' }, /^WEBHOOK_SECRET has .*Copy it again/],
  ['whsec_ without a key', { WEBHOOK_SECRET: 'whsec_' }, /^WEBHOOK_SECRET has /],
  ['a public key of another length', { WEBHOOK_SECRET: 'whpk_AAAA' }, /^WEBHOOK_SECRET has /],
  ['such a previous secret', { WEBHOOK_PREVIOUS_SECRETS: 'a,whsec_!!!' }, /^WEBHOOK_PREVIOUS_SECRETS has /],
  [
    'an unknown dialect',
    { WEBHOOK_DIALECT: 'Github' },
    /^WEBHOOK_DIALECT is "Github".* standard, svix, .*slack/,
  ],
  ['a dialect named like a method', { WEBHOOK_DIALECT: 'toString' }, /^WEBHOOK_DIALECT is "toString"/],
  [
    'a port out of range',
    { PORT: '65536' },
    /^PORT is "65536", but must be a whole number from 0 to 65535\.$/,
  ],
  ['a number with a sign', { RATE_LIMIT: '-1' }, /^RATE_LIMIT is "-1"/],
  ['a number with a unit', { INBOX_LIMIT: '10k' }, /^INBOX_LIMIT is "10k"/],
  ['no attempts', { MAX_ATTEMPTS: '0' }, /^MAX_ATTEMPTS is "0"/],
  ['ids pruned too early', { KEEP_DAYS: '3' }, /^KEEP_DAYS is "3".* from 4 .*may send an event again/],
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

await test('with only a secret, the defaults are those of the README', () => {
  const { secrets, WEBHOOK_SECRET, WEBHOOK_PREVIOUS_SECRETS, ...defaults } = readSettings({
    WEBHOOK_SECRET: 'new',
    PORT: '',
  });
  assert.deepEqual([secrets, WEBHOOK_SECRET, WEBHOOK_PREVIOUS_SECRETS], [['new'], 'new', '']);
  assert.deepEqual(defaults, {
    WEBHOOK_DIALECT: 'standard',
    HOST: '0.0.0.0',
    PORT: 3000,
    TRUST_PROXY: 0,
    INBOX_PATH: 'data/inbox.db',
    INBOX_LIMIT: 10_000,
    RATE_LIMIT: 1000,
    MAX_ATTEMPTS: 8,
    CONCURRENCY: 1,
    KEEP_DAYS: 14,
    LOG_LEVEL: 'info',
  });
});

await test('previous secrets follow the current one; a dialect with plain secrets takes any text', () => {
  const previous = { WEBHOOK_SECRET: 'new', WEBHOOK_PREVIOUS_SECRETS: ' old, ,older,' };
  assert.deepEqual(readSettings(previous).secrets, ['new', 'old', 'older']);
  const stripe = { WEBHOOK_SECRET: 'whsec_!!!', WEBHOOK_DIALECT: 'stripe' };
  assert.deepEqual(readSettings(stripe).secrets, ['whsec_!!!']);
});
