import { apiVerb, type Verb } from '../frame/verb.ts';
import { readSeconds } from '../input/read-text.ts';
import { printTable } from '../print/table.ts';
import { printSecret } from './print-secret.ts';
import { HOOK_ID, type HookId, hookVerb, SAMPLE_HOOK } from './hook-id.ts';

interface Rotate extends HookId {
  readonly secret?: string;
  readonly grace_seconds?: number;
}

const rotate = apiVerb<Rotate>({
  usage: 'rotate-secret <hook_id>',
  about: 'Replace the secret of a hook; the old one stays valid for a grace period.',
  more: 'The new secret is shown once.',
  arguments: HOOK_ID,
  flags: [
    {
      flags: '--grace <duration>',
      field: 'grace_seconds',
      read: readSeconds,
      about: 'grace period of the old secret, 0s to 7d (default: 24h)',
    },
    { flags: '--secret <secret>', about: 'new secret (default: a generated one)' },
  ],
  examples: [`hooks rotate-secret ${SAMPLE_HOOK}`, `hooks rotate-secret ${SAMPLE_HOOK} --grace 7d`],
  run: async ({ hooks }, { hook_id, ...fields }, { out }) =>
    printSecret(out, await hooks.rotateSecret(hook_id, fields)),
});

const switchNow = hookVerb('switch-secret', {
  about: 'End the grace period of old secrets: only the current one signs.',
  call: ({ hooks }, id) => hooks.switchSecret(id),
});

const reveal = apiVerb<HookId>({
  usage: 'secret <hook_id>',
  about: 'Show the valid secrets of a hook; this is recorded in the audit log.',
  arguments: HOOK_ID,
  examples: [`hooks secret ${SAMPLE_HOOK}`, `hooks secret ${SAMPLE_HOOK} --json`],
  run: async ({ hooks }, { hook_id }, { out }) =>
    out.print(await hooks.revealSecret(hook_id), ({ secret, previous }, style) =>
      printTable(
        [{ secret, expires_at: null }, ...previous],
        [
          { title: 'VALID UNTIL', of: (one) => one.expires_at ?? 'the next rotation' },
          { title: 'SECRET', of: (one) => one.secret },
        ],
        // A truncated secret would be useless.
        { ...style, width: null },
      ),
    ),
});

export const hookSecretVerbs: readonly Verb[] = [rotate, switchNow, reveal];
