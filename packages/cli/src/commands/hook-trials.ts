import type { Client } from '@bellwire/client';
import { choices } from '../frame/choices.ts';
import { failure } from '../frame/command-error.ts';
import { apiVerb, type Verb } from '../frame/verb.ts';
import { readObject } from '../input/read-data.ts';
import { printRecord } from '../print/record.ts';
import { filters, yes } from './filters.ts';

const HOOK_ID = { hook_id: 'the id of the hook' };

interface One {
  readonly hook_id: string;
}

interface Test extends One {
  readonly event_type?: string;
  readonly data?: string;
}

type Missed = NonNullable<Parameters<Client['hooks']['replay']>[1]['status']>;

interface Replay extends One {
  readonly since: string;
  readonly until?: string;
  readonly status?: Missed;
  readonly yes?: boolean;
}

const sent = ({ message, delivery_id }: { readonly message: string; readonly delivery_id: string }): string =>
  `${message}: ${delivery_id}`;

const ping = apiVerb<One>({
  usage: 'ping <hook_id>',
  about: 'Send a ping: one attempt, now, in whatever state the hook is.',
  arguments: HOOK_ID,
  examples: ['hooks ping wh_01jd7a9f3k5w2q8z6m4v0t7xbc'],
  run: async ({ hooks }, { hook_id }, { out }) => {
    const answer = await hooks.ping(hook_id);
    out.answer(answer, sent);
    out.note(`What came of it: bellwire deliveries get ${answer.delivery_id}`);
  },
});

const test = apiVerb<Test>({
  usage: 'test <hook_id>',
  about: 'Send a test event to one hook: one attempt, now, never retried.',
  more: '`bellwire trigger` sends a real event to every hook that is subscribed.',
  arguments: HOOK_ID,
  flags: [
    {
      flags: '--type <event_type>',
      field: 'event_type',
      about: 'the event type; the first one that the hook names when absent',
    },
    { flags: '--data <json>', about: 'a file, - or JSON; the example of the type when absent' },
  ],
  examples: [
    'hooks test wh_01jd7a9f3k5w2q8z6m4v0t7xbc',
    'hooks test wh_01jd7a9f3k5w2q8z6m4v0t7xbc --type order.created --data \'{"id": 7}\'',
  ],
  run: async ({ hooks }, { hook_id, data, ...fields }, { out, shell }) => {
    const own = data === undefined ? {} : { data: await readObject(data, '--data', shell) };
    const answer = await hooks.test(hook_id, { ...fields, ...own });
    out.answer(answer, sent);
    out.note(`What came of it: bellwire deliveries get ${answer.delivery_id}`);
  },
});

const validate = apiVerb<One>({
  usage: 'validate <hook_id>',
  about: 'Ask the receiver whether it is one, and wait for its answer.',
  more: 'Exit code 1 when it does not answer with a 2xx.',
  arguments: HOOK_ID,
  examples: ['hooks validate wh_01jd7a9f3k5w2q8z6m4v0t7xbc'],
  run: async ({ hooks }, { hook_id }, { out }) => {
    const answer = await hooks.validate(hook_id);
    out.answer(answer, printRecord);
    if (!answer.success) throw failure(`The receiver did not validate the hook (${answer.outcome}).`);
  },
});

const replay = apiVerb<Replay>({
  usage: 'replay <hook_id>',
  about: 'Send a hook what it missed: failed, held, and never attempted.',
  more: 'Without --yes it only counts.',
  arguments: HOOK_ID,
  flags: [
    { ...filters.since, required: true },
    filters.until,
    {
      flags: '--status <status>',
      about: 'only these; all three when absent',
      choices: choices<Missed>({ failed: true, held: true, never_attempted: true }),
    },
    yes,
  ],
  examples: [
    'hooks replay wh_01jd7a9f3k5w2q8z6m4v0t7xbc --since 24h',
    'hooks replay wh_01jd7a9f3k5w2q8z6m4v0t7xbc --since 2026-11-21T10:00:00Z --status held --yes',
  ],
  run: async ({ hooks }, { hook_id, yes: send, ...fields }, { out }) => {
    const answer = await hooks.replay(hook_id, { ...fields, dry_run: send !== true });
    out.answer(answer, ({ count, replayed }) =>
      send === true ? `${replayed} of ${count} are being sent.` : `${count} would be sent.`,
    );
    if (send !== true && answer.count > 0) out.note('Add --yes to send them.');
  },
});

export const hookTrialVerbs: readonly Verb[] = [ping, test, validate, replay];
