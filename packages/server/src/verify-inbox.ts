import { type SendableHook, signingSecrets } from './core/hook.ts';
import type { Dialects } from './dialects/registry.ts';
import { isSigned, type Received } from './dialects/is-signed.ts';
import type { InboxVerdict, VerifyInbox } from './http/inbox.ts';
import type { Signature } from './http/inbox-entry.ts';

/** Headers that conventionally carry secrets. */
const ALWAYS_SECRET = ['authorization', 'cookie', 'x-webhook-secret'];

const BEST_FIRST: readonly Signature[] = ['verified', 'refused', 'unsigned'];

/** Checks requests to the inbox against the secrets of this server's hooks that target it. */
export const createInboxVerifier = (
  hooksAt: (path: string) => Promise<readonly SendableHook[]>,
  dialects: Dialects,
  now: () => number,
): VerifyInbox => {
  const signatureOf = async (hook: SendableHook, received: Received): Promise<Signature> => {
    const dialect = dialects.get(hook.dialect);
    if (dialect === undefined) return 'unsigned';
    const secrets = signingSecrets(hook, dialect.signs_with, now());
    if (secrets.length === 0) return 'unsigned';
    return (await isSigned(dialect, received, { secrets, now: now() })) ? 'verified' : 'refused';
  };
  return async (path, received): Promise<InboxVerdict> => {
    const hooks = await hooksAt(path);
    const verdicts = new Set(await Promise.all(hooks.map((hook) => signatureOf(hook, received))));
    const custom = hooks.flatMap((hook) => Object.keys(hook.headers).map((name) => name.toLowerCase()));
    const signature = BEST_FIRST.find((one) => verdicts.has(one));
    return { signature: signature ?? 'unknown', secret_headers: new Set([...ALWAYS_SECRET, ...custom]) };
  };
};
