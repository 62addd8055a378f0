import { HIDDEN_VALUE } from '../core/custom-headers.ts';
import { noDelivery } from '../core/delivery.ts';
import { BellwireError } from '../core/errors.ts';
import type { SendableHook } from '../core/hook.ts';
import type { Explained, Explaining, Headers, KnownSecret, SentRequest } from '../dialects/explain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Page } from '../ports/page.ts';
import type { ListedHook, Repositories, StoredAttempt } from '../ports/repositories.ts';
import type { Store } from '../ports/store.ts';
import type { Actor, Audit } from './audit.ts';
import type { HookLookup } from './hook-lookup.ts';

/** A request to explain. What is absent comes from the delivery or the hook. */
export interface SignatureQuestion {
  readonly headers?: Headers | undefined;
  readonly body?: string | undefined;
  readonly secret?: string | undefined;
  readonly hook_id?: string | undefined;
  readonly delivery_id?: string | undefined;
  readonly dialect?: string | undefined;
  /** The time of arrival, in milliseconds. */
  readonly at?: number | undefined;
  readonly tolerance_s?: number | undefined;
}

/** Explains signatures with the secrets of the workspace. */
export interface Signatures {
  /**
   * Sends nothing and changes nothing. If the hook's own secrets sign the expected signature, the audit log gets an entry
   * first, because that signature is valid for any body of the caller's choice.
   * @throws BellwireError `not_found`, `invalid_input`.
   */
  readonly explain: (actor: Actor, question: SignatureQuestion) => Promise<Explained>;
}

export interface SignaturesOptions {
  readonly repositories: Repositories;
  readonly store: Store;
  readonly audit: Audit;
  readonly lookup: HookLookup;
  readonly clock: Clock;
  readonly explainRequest: (request: Explaining) => Promise<Explained>;
}

const TOLERANCE_S = 300;
const PAGE = 100;
/** Of the newest hooks. */
const MAX_OTHER_HOOKS = 500;

const sentOf = ({ number, request }: StoredAttempt): readonly SentRequest[] => {
  if (request === null) return [];
  const headers = Object.entries(request.headers).map(([name, value]) => [
    name.toLowerCase(),
    typeof value === 'string' ? value : HIDDEN_VALUE,
  ]);
  return [{ attempt: number, headers: Object.fromEntries(headers) as Headers, body: request.body }];
};

interface Recorded {
  readonly hook_id: string;
  readonly sent: readonly SentRequest[];
  readonly newest: SentRequest | null;
  readonly at: number | undefined;
}

const incomplete = (message: string): BellwireError =>
  new BellwireError('invalid_input', message, { issues: [{ path: 'headers', message: 'is missing' }] });

const requestOf = (question: SignatureQuestion, recorded: Recorded | null) => {
  const headers = question.headers ?? recorded?.newest?.headers;
  const body = question.body ?? recorded?.newest?.body;
  if (headers === undefined || body === undefined || body === null) {
    throw incomplete(
      recorded === null
        ? 'The headers and the body of the request are missing. Give both, or the id of a delivery.'
        : 'The delivery has no recorded request: nothing was sent, or the payload was removed. Give the headers and the body.',
    );
  }
  return { headers, body };
};

const secretsOf = ({ id, secrets }: SendableHook, is_own: boolean, now: number): readonly KnownSecret[] =>
  secrets.map(({ value, expires_at }) => {
    const role = expires_at === null ? 'current' : expires_at > now ? 'previous' : 'expired';
    return { value, role: is_own ? role : 'other', hook_id: id };
  });

type Sources = Pick<SignaturesOptions, 'repositories' | 'store' | 'clock'>;

/** The attempts that a request is compared with. */
const NEWEST = { limit: 100, after: null } as const;

const readDelivery = async (
  { repositories }: Sources,
  workspace_id: string,
  id: string,
): Promise<Recorded> => {
  const delivery = await repositories.deliveries.get(workspace_id, id);
  if (delivery === null) throw noDelivery(id);
  const attempts = (await repositories.deliveries.attempts(workspace_id, id, NEWEST))?.data ?? [];
  const last = attempts.find(({ request }) => request !== null);
  const newest = last === undefined ? null : (sentOf(last)[0] ?? null);
  return { hook_id: delivery.hook_id, sent: attempts.flatMap(sentOf), newest, at: last?.started_at };
};

const readHooks = async (
  { repositories, store }: Sources,
  workspace_id: string,
): Promise<readonly SendableHook[]> => {
  const found: SendableHook[] = [];
  let after: string | null = null;
  do {
    const page: Page<ListedHook> = await repositories.hooks.list(workspace_id, {}, { limit: PAGE, after });
    const hooks = await store.hooks(page.data.map(({ id }) => id));
    found.push(...[...hooks.values()].filter((hook) => hook !== null));
    after = page.next;
  } while (after !== null && found.length < MAX_OTHER_HOOKS);
  return found;
};

interface SecretsWanted {
  readonly workspace_id: string;
  readonly hook_id: string | null;
  readonly secret: string | undefined;
}

const readSecrets = async (
  sources: Sources,
  { workspace_id, hook_id, secret }: SecretsWanted,
): Promise<readonly KnownSecret[]> => {
  const own = hook_id === null ? undefined : (await sources.store.hooks([hook_id])).get(hook_id);
  const now = sources.clock.now();
  const others = (await readHooks(sources, workspace_id)).filter(({ id }) => id !== hook_id);
  return [
    ...(secret === undefined ? [] : [{ value: secret, role: 'current' as const, hook_id: null }]),
    // A given secret is the one to explain; the hook's is then another one.
    ...(own === undefined || own === null ? [] : secretsOf(own, secret === undefined, now)),
    ...others.flatMap((hook) => secretsOf(hook, false, now)),
  ];
};

export const createSignatures = (options: SignaturesOptions): Signatures => {
  const { audit, lookup, clock, explainRequest } = options;
  return {
    explain: async (actor, question) => {
      const { workspace_id } = actor;
      const { delivery_id, secret } = question;
      const recorded =
        delivery_id === undefined ? null : await readDelivery(options, workspace_id, delivery_id);
      const hook_id = question.hook_id ?? recorded?.hook_id ?? null;
      const hook = hook_id === null ? null : await lookup.get(workspace_id, hook_id);
      const request = requestOf(question, recorded);
      const named = question.dialect ?? hook?.dialect;
      const dialect = named === undefined ? null : lookup.dialect(named);
      const secrets = await readSecrets(options, { workspace_id, hook_id, secret });
      if (hook !== null && secret === undefined) {
        const entry = { action: 'secret.used', subject: hook.id, tenant: hook.tenant } as const;
        await audit.change(actor, (_, record) => record(entry));
      }
      return explainRequest({
        ...request,
        dialect,
        secrets,
        now: question.at ?? recorded?.at ?? clock.now(),
        tolerance_s: question.tolerance_s ?? TOLERANCE_S,
        sent: recorded?.sent ?? [],
      });
    },
  };
};
