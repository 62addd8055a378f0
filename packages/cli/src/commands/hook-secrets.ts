import { apiVerb, type Verb } from '../frame/verb.ts';
import { readSeconds } from '../input/read-text.ts';
import { printRecord } from '../print/record.ts';
import { printTable } from '../print/table.ts';
import { answerSecret } from './answer-secret.ts';

const HOOK_ID = { hook_id: 'the id of the hook' };

interface One {
  readonly hook_id: string;
}

interface Rotate extends One {
  readonly secret?: string;
  readonly grace_seconds?: number;
}

const rotate = apiVerb<Rotate>({
  usage: 'rotate-secret <hook_id>',
  about: 'Give a hook a new secret; the old one stays good for a while.',
  more: 'The new secret is shown this once.',
  arguments: HOOK_ID,
  flags: [
    {
      flags: '--grace <duration>',
      field: 'grace_seconds',
      read: readSeconds,
      about: 'how long the old secret stays good: 0s to 7d (24h)',
    },
    { flags: '--secret <secret>', about: 'the new secret; made up when absent' },
  ],
  examples: [
    'hooks rotate-secret wh_01jd7a9f3k5w2q8z6m4v0t7xbc',
    'hooks rotate-secret wh_01jd7a9f3k5w2q8z6m4v0t7xbc --grace 7d',
  ],
  run: async ({ hooks }, { hook_id, ...fields }, { out }) =>
    answerSecret(out, await hooks.rotateSecret(hook_id, fields)),
});

const switchNow = apiVerb<One>({
  usage: 'switch-secret <hook_id>',
  about: 'End the grace of old secrets: only the current one signs.',
  arguments: HOOK_ID,
  examples: ['hooks switch-secret wh_01jd7a9f3k5w2q8z6m4v0t7xbc'],
  run: async ({ hooks }, { hook_id }, { out }) => out.answer(await hooks.switchSecret(hook_id), printRecord),
});

const reveal = apiVerb<One>({
  usage: 'secret <hook_id>',
  about: 'Show the secrets of a hook that are good now; the audit log keeps that.',
  arguments: HOOK_ID,
  examples: [
    'hooks secret wh_01jd7a9f3k5w2q8z6m4v0t7xbc',
    'hooks secret wh_01jd7a9f3k5w2q8z6m4v0t7xbc --json',
  ],
  run: async ({ hooks }, { hook_id }, { out }) =>
    out.answer(await hooks.revealSecret(hook_id), ({ secret, previous }, style) =>
      printTable(
        [{ secret, expires_at: null }, ...previous],
        [
          { title: 'GOOD UNTIL', of: (one) => one.expires_at ?? 'the next rotation' },
          { title: 'SECRET', of: (one) => one.secret },
        ],
        // A secret that is cut is of no use.
        { ...style, width: null },
      ),
    ),
});

export const hookSecretVerbs: readonly Verb[] = [rotate, switchNow, reveal];
