import { type SendableHook, signingSecrets } from './core/hook.ts';
import type { Dialects } from './dialects/registry.ts';
import { isSigned, type Received } from './dialects/is-signed.ts';
import type { InboxVerdict, VerifyInbox } from './http/inbox.ts';
import type { Signature } from './http/inbox-entry.ts';

/** Headers that conventionally carry secrets. */
const ALWAYS_SECRET = ['authorization', 'cookie', 'x-webhook-secret'];

const BEST_FIRST: readonly Signature[] = ['verified', 'refused', 'unsigned'];

/** The headers of a hook's requests that carry secrets, in lower case. */
const secretHeadersOf = (hook: SendableHook, dialects: Dialects): readonly string[] => {
  const name = dialects.get(hook.dialect)?.header_names.secret;
  return [...Object.keys(hook.headers), ...(name === undefined ? [] : [name])].map((one) =>
    one.toLowerCase(),
  );
};

/**
 * Checks requests to the inbox against the secrets of this server's hooks that target it. A hook with the same path on
 * another server does not: its owner could sign what that inbox shows.
 */
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
  return async ({ path, origins }, received): Promise<InboxVerdict> => {
    const hooks = await hooksAt(path);
    const own = hooks.filter(({ url }) => origins.has(new URL(url).origin));
    const verdicts = new Set(await Promise.all(own.map((hook) => signatureOf(hook, received))));
    const custom = hooks.flatMap((hook) => secretHeadersOf(hook, dialects));
    const signature = BEST_FIRST.find((one) => verdicts.has(one));
    return { signature: signature ?? 'unknown', secret_headers: new Set([...ALWAYS_SECRET, ...custom]) };
  };
};
