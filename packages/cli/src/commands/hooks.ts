import type { Hook } from '@bellwire/client';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Noun } from '../frame/verb.ts';
import { colourOf } from '../print/style.ts';
import { hookProblem } from './explain.ts';
import { filters } from './filters.ts';
import { tryFilter } from './try-filter.ts';
import { followRecovery, printCounts } from './follow-recovery.ts';
import { printSecret } from './print-secret.ts';
import { printWarned } from './print-warned.ts';
import { eventsFlag, type HookFields, hookFlags, readClientCertificate, toHookInput } from './hook-flags.ts';
import { HOOK_ID, type HookId, hookVerb, SAMPLE_HOOK } from './hook-id.ts';
import { hookSecretVerbs } from './hook-secrets.ts';
import { hookStats } from './stats.ts';
import { hookTestVerbs } from './hook-test-sends.ts';

interface Create extends HookFields {
  readonly tenant?: string;
  readonly url: string;
  readonly events: string[];
  readonly dialect?: string;
  readonly idempotency_key?: string;
  readonly secret?: string | false;
}

interface Update extends HookFields, HookId {
  readonly to?: string;
  readonly secret?: string | false;
  readonly events?: string[];
}

const list = listVerb<{ readonly tenant?: string }, Hook>({
  about: 'List the hooks of the workspace, newest first.',
  things: 'hooks',
  flags: [filters.tenant],
  examples: ['hooks list', "hooks list --all --json | jq -r '.data[].url'"],
  list: ({ hooks }, query) => hooks.list(query),
  columns: [
    { title: 'ID', of: ({ id }) => id },
    { title: 'NUMBER', of: ({ number }) => String(number) },
    { title: 'STATUS', of: ({ status }) => status, colour: colourOf },
    { title: 'NAME', of: ({ name }) => name },
    { title: 'EVENTS', of: ({ events }) => events },
    { title: 'URL', of: ({ url }) => url },
    { title: 'NEXT ATTEMPT', of: ({ next_attempt_at }) => next_attempt_at },
    { title: 'PROBLEM', of: hookProblem },
  ],
});

const get = hookVerb('get', {
  about: 'Show a hook without its secret.',
  call: ({ hooks }, id) => hooks.get(id),
});

const toSecret = (secret: string | false | undefined) =>
  secret === undefined ? {} : { secret: secret === false ? null : secret };

const create = apiVerb<Create>({
  usage: 'create <url>',
  about: 'Register a URL to receive events.',
  more: 'The response contains the signing secret, which is shown once.',
  arguments: { url: 'the URL of the receiver' },
  flags: [
    { ...eventsFlag, required: true },
    ...hookFlags,
    {
      flags: '--tenant <id>',
      about: "your own id of the customer that the hook belongs to; '*' for the events of every customer",
    },
    { flags: '--dialect <name>', about: 'format of the requests (default: that of the workspace)' },
    { flags: '--secret <secret>', about: 'signing secret (default: a generated one)' },
    { flags: '--no-secret', about: 'do not sign requests, if the dialect allows that' },
    { flags: '--idempotency-key <key>', about: 'create the hook only once under this key' },
  ],
  examples: [
    "hooks create https://shop.example.com/webhooks --events 'order.*'",
    "hooks create https://shop.example.com/webhooks --events 'order.*' --filter 'order.total >= 100'",
    "hooks create http://127.0.0.1:3000/ --events order.created,invoice.paid --header 'X-Tenant: acme'",
  ],
  run: async ({ hooks }, { secret, ...fields }, { out, shell }) => {
    const certificate = await readClientCertificate(fields, shell);
    printSecret(out, await hooks.create({ ...toHookInput(fields), ...certificate, ...toSecret(secret) }));
  },
});

const update = apiVerb<Update>({
  usage: 'update <hook_id>',
  about: 'Change fields of a hook.',
  more: 'Fields that you do not specify stay the same. Events, headers and metadata are replaced as a whole. A URL of another origin requires the headers again, and a secret that is sent in a header: stored values are never sent to a new origin.',
  arguments: HOOK_ID,
  flags: [
    { flags: '--to <url>', about: 'new URL of the receiver' },
    eventsFlag,
    ...hookFlags,
    { flags: '--no-filter', about: 'get every event of the subscribed types' },
    { flags: '--no-header', field: 'headers', about: 'drop every custom header' },
    { flags: '--no-order-key', about: 'with --ordered: keep one order for the whole hook' },
    { flags: '--secret <secret>', about: 'replace the secret at once; rotate-secret has a grace period' },
    { flags: '--no-secret', about: 'remove the secret, if the dialect allows that' },
    { flags: '--no-client-certificate', about: 'remove the client certificate' },
  ],
  examples: [
    "hooks update wh_01jd7a9f3k5w2q8z6m4v0t7xbc --events 'order.*,invoice.paid'",
    'hooks update wh_01jd7a9f3k5w2q8z6m4v0t7xbc --to https://new.example.com/webhooks --max-attempts 5',
    "hooks update wh_01jd7a9f3k5w2q8z6m4v0t7xbc --to https://new.example.com/webhooks --header 'X-Tenant: acme'",
  ],
  run: async ({ hooks }, { hook_id, to, secret, ...fields }, { out, shell }) => {
    const changes = {
      ...toHookInput(fields),
      ...(await readClientCertificate(fields, shell)),
      ...toSecret(secret),
      ...(to === undefined ? {} : { url: to }),
    };
    printWarned(out, await hooks.update(hook_id, changes));
  },
});

const remove = hookVerb('delete', {
  about: 'Delete a hook and cancel its pending and held deliveries.',
  more: 'Its history is kept.',
  call: ({ hooks }, id) => hooks.delete(id),
});

const activate = apiVerb<HookId & { readonly recover?: boolean }>({
  usage: 'activate <hook_id>',
  about: 'Resume sending to a paused or disabled hook.',
  more: 'Its held deliveries stay held, unless --recover sends them.',
  arguments: HOOK_ID,
  flags: [{ flags: '--recover', about: 'send the deliveries that are held for the hook' }],
  examples: [`hooks activate ${SAMPLE_HOOK}`, `hooks activate ${SAMPLE_HOOK} --recover`],
  run: async (client, { hook_id, recover = false }, session) => {
    const { out } = session;
    const hook = await client.hooks.activate(hook_id, { recover });
    printWarned(out, hook);
    if (hook.recovery_id !== null) {
      const ended = await followRecovery(client, hook.recovery_id, session);
      out.note(`Sending ${printCounts(ended)}.`);
    } else if (hook.held > 0) {
      out.note(
        `${hook.held} deliveries are held. Send them: bellwire recover ${hook_id} --since ${hook.created_at} --status held`,
      );
    }
  },
});

const deactivate = hookVerb('deactivate', {
  about: 'Pause a hook: its deliveries are held, none is dropped.',
  call: ({ hooks }, id) => hooks.deactivate(id),
});

export const hooks: Noun = {
  name: 'hooks',
  about: 'Register receivers, test them, and manage their secrets.',
  verbs: [
    list,
    get,
    hookStats,
    create,
    update,
    remove,
    activate,
    deactivate,
    tryFilter,
    ...hookTestVerbs,
    ...hookSecretVerbs,
  ],
};
