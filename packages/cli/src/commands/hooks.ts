import type { Hook } from '@bellwire/client';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Noun } from '../frame/verb.ts';
import { printRecord } from '../print/record.ts';
import { colourOf } from '../print/style.ts';
import { answerSecret } from './answer-secret.ts';
import { eventsFlag, type HookFields, hookFlags, toHookInput } from './hook-flags.ts';
import { hookSecretVerbs } from './hook-secrets.ts';
import { hookTrialVerbs } from './hook-trials.ts';

const HOOK_ID = { hook_id: 'the id of the hook' };

interface One {
  readonly hook_id: string;
}

interface Create extends HookFields {
  readonly url: string;
  readonly events: string[];
  readonly dialect?: string;
  readonly secret?: string | false;
}

interface Update extends HookFields, One {
  readonly to?: string;
  readonly events?: string[];
}

const list = listVerb<{}, Hook>({
  about: 'List the hooks of the workspace, the newest first.',
  things: 'hooks',
  examples: ['hooks list', "hooks list --all --json | jq -r '.data[].url'"],
  list: ({ hooks }, query) => hooks.list(query),
  columns: [
    { title: 'ID', of: ({ id }) => id },
    { title: 'STATUS', of: ({ status }) => status, colour: colourOf },
    { title: 'NAME', of: ({ name }) => name },
    { title: 'EVENTS', of: ({ events }) => events },
    { title: 'URL', of: ({ url }) => url },
  ],
});

const get = apiVerb<One>({
  usage: 'get <hook_id>',
  about: 'Show a hook, without its secret.',
  arguments: HOOK_ID,
  examples: ['hooks get wh_01jd7a9f3k5w2q8z6m4v0t7xbc'],
  run: async ({ hooks }, { hook_id }, { out }) => out.answer(await hooks.get(hook_id), printRecord),
});

const create = apiVerb<Create>({
  usage: 'create <url>',
  about: 'Register a URL for events.',
  more: 'The answer holds the signing secret, which is shown this once.',
  arguments: { url: 'where the events go' },
  flags: [
    { ...eventsFlag, required: true },
    ...hookFlags,
    {
      flags: '--dialect <name>',
      about: 'how events look on the wire; that of the workspace when absent',
    },
    { flags: '--secret <secret>', about: 'the signing secret; made up when absent' },
    { flags: '--no-secret', about: 'do not sign, where the dialect allows that' },
  ],
  examples: [
    "hooks create https://shop.example.com/webhooks --events 'order.*'",
    "hooks create http://127.0.0.1:3000/ --events order.created,invoice.paid --header 'X-Tenant: acme'",
  ],
  run: async ({ hooks }, { secret, ...fields }, { out }) => {
    const signing = secret === undefined ? {} : { secret: secret === false ? null : secret };
    answerSecret(out, await hooks.create({ ...toHookInput(fields), ...signing }));
  },
});

const update = apiVerb<Update>({
  usage: 'update <hook_id>',
  about: 'Change a hook: what is given changes, the rest stays.',
  more: 'Events and headers are replaced as a whole.',
  arguments: HOOK_ID,
  flags: [{ flags: '--to <url>', about: 'where the events go from now on' }, eventsFlag, ...hookFlags],
  examples: [
    "hooks update wh_01jd7a9f3k5w2q8z6m4v0t7xbc --events 'order.*,invoice.paid'",
    'hooks update wh_01jd7a9f3k5w2q8z6m4v0t7xbc --to https://new.example.com/webhooks --max-attempts 5',
  ],
  run: async ({ hooks }, { hook_id, to, ...fields }, { out }) => {
    const changes = { ...toHookInput(fields), ...(to === undefined ? {} : { url: to }) };
    out.answer(await hooks.update(hook_id, changes), printRecord);
  },
});

const remove = apiVerb<One>({
  usage: 'delete <hook_id>',
  about: 'Delete a hook and cancel what is pending or held for it.',
  more: 'Its deliveries stay to be seen.',
  arguments: HOOK_ID,
  examples: ['hooks delete wh_01jd7a9f3k5w2q8z6m4v0t7xbc'],
  run: async ({ hooks }, { hook_id }, { out }) =>
    out.answer(await hooks.delete(hook_id), () => `Deleted ${hook_id}.`),
});

const activate = apiVerb<One>({
  usage: 'activate <hook_id>',
  about: 'Send to a hook again that was paused or disabled.',
  more: 'What was held stays held until `hooks replay` sends it.',
  arguments: HOOK_ID,
  examples: ['hooks activate wh_01jd7a9f3k5w2q8z6m4v0t7xbc'],
  run: async ({ hooks }, { hook_id }, { out }) => out.answer(await hooks.activate(hook_id), printRecord),
});

const deactivate = apiVerb<One>({
  usage: 'deactivate <hook_id>',
  about: 'Pause a hook: what is meant for it is held, nothing is dropped.',
  arguments: HOOK_ID,
  examples: ['hooks deactivate wh_01jd7a9f3k5w2q8z6m4v0t7xbc'],
  run: async ({ hooks }, { hook_id }, { out }) => out.answer(await hooks.deactivate(hook_id), printRecord),
});

export const hooks: Noun = {
  name: 'hooks',
  about: 'Where events go: register URLs, try them out, look after their secrets.',
  verbs: [list, get, create, update, remove, activate, deactivate, ...hookTrialVerbs, ...hookSecretVerbs],
};
