import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Environment, runToEnd } from './support/receivers.ts';

const refused: readonly (readonly [Environment, RegExp])[] = [
  [{ WEBHOOK_SECRET: '' }, /^WEBHOOK_SECRET is not set\. Set it to the secret of your hook/],
  [{ WEBHOOK_SECRET: 'whsec_!!!' }, /^WEBHOOK_SECRET has .*Copy the secret again\.$/],
  [{ WEBHOOK_SECRET: 'whsec_' }, /^WEBHOOK_SECRET has /],
  [{ WEBHOOK_SECRET: 'whpk_AAAA' }, /^WEBHOOK_SECRET has /],
  [{ WEBHOOK_PREVIOUS_SECRETS: 'a,whsec_!!!' }, /^WEBHOOK_PREVIOUS_SECRETS has /],
  [
    { WEBHOOK_DIALECT: 'Github' },
    /^WEBHOOK_DIALECT is "Github", but must be one of: standard, svix, .*slack/,
  ],
  [{ WEBHOOK_DIALECT: 'toString' }, /^WEBHOOK_DIALECT is "toString"/],
  [{ PORT: '65536' }, /^PORT is "65536", but must be a whole number from 0 to 65535\.$/],
  [{ INBOX_LIMIT: '10k' }, /^INBOX_LIMIT is "10k"/],
  [{ MAX_ATTEMPTS: '0' }, /^MAX_ATTEMPTS is "0"/],
  [{ KEEP_DAYS: '3' }, /^KEEP_DAYS is "3", but must be a whole number from 4 /],
];

for (const [environment, message] of refused) {
  await test(`${JSON.stringify(environment)} is refused in one line that explains it, without the secret`, () => {
    const { status, stderr } = runToEnd(['src/main.ts'], {
      WEBHOOK_SECRET: 'the secret itself',
      ...environment,
    });
    assert.equal(status, 1);
    assert.match(stderr.replace(/\n$/, ''), message);
    assert.doesNotMatch(stderr, /\n.|the secret itself|!!!|AAAA/);
  });
}

const PRINT = `import { secrets, settings } from './src/settings.ts';
const { WEBHOOK_SECRET, WEBHOOK_PREVIOUS_SECRETS, ...others } = settings;
process.stdout.write(JSON.stringify([secrets, Object.entries(others).join(' ')]));`;

const read = (environment: Environment) =>
  JSON.parse(runToEnd(['--input-type=module', '--eval', PRINT], environment).stdout) as readonly unknown[];

await test('only the secret is required; previous ones follow it; a dialect with plain secrets takes any text', () => {
  const numbers = 'INBOX_LIMIT,10000 MAX_ATTEMPTS,8 KEEP_DAYS,14';
  const defaults = `WEBHOOK_DIALECT,standard HOST,0.0.0.0 PORT,3000 INBOX_PATH,data/inbox.db ${numbers}`;
  assert.deepEqual(read({ WEBHOOK_SECRET: 'new', PORT: '' }), [['new'], defaults]);
  const previous = { WEBHOOK_PREVIOUS_SECRETS: ' old, ,older,', WEBHOOK_DIALECT: 'stripe' };
  assert.deepEqual(read({ WEBHOOK_SECRET: 'whsec_!!!', ...previous })[0], ['whsec_!!!', 'old', 'older']);
});
