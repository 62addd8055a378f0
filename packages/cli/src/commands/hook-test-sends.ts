import type { Client } from '@bellwire/client';
import { choices } from '../frame/choices.ts';
import { failure } from '../frame/command-error.ts';
import { apiVerb, type Verb } from '../frame/verb.ts';
import { readObject } from '../input/read-data.ts';
import { printRecord } from '../print/record.ts';
import { filters, yes } from './filters.ts';
import { printSendResult } from './print-send-result.ts';
import { HOOK_ID, type HookId, SAMPLE_HOOK } from './hook-id.ts';

interface Test extends HookId {
  readonly event_type?: string;
  readonly data?: string;
}

type Missed = NonNullable<Parameters<Client['hooks']['replay']>[1]['status']>;

interface Replay extends HookId {
  readonly since: string;
  readonly until?: string;
  readonly status?: Missed;
  readonly yes?: boolean;
}

const ping = apiVerb<HookId>({
  usage: 'ping <hook_id>',
  about: 'Send a ping: one immediate attempt, whatever the status of the hook.',
  more: 'Exits with code 1 unless the response has a 2xx status.',
  arguments: HOOK_ID,
  examples: [`hooks ping ${SAMPLE_HOOK}`],
  run: async ({ hooks }, { hook_id }, { out }) => printSendResult(out, await hooks.ping(hook_id)),
});

const test = apiVerb<Test>({
  usage: 'test <hook_id>',
  about: 'Send a test event to one hook: one immediate attempt, never retried.',
  more: 'Exits with code 1 unless the response has a 2xx status. `bellwire trigger` sends a real event to every subscribed hook.',
  arguments: HOOK_ID,
  flags: [
    {
      flags: '--type <event_type>',
      field: 'event_type',
      about: 'event type (default: the first one of the hook)',
    },
    { flags: '--data <json>', about: 'a file, -, or JSON (default: the example of the type)' },
  ],
  examples: [
    `hooks test ${SAMPLE_HOOK}`,
    `hooks test ${SAMPLE_HOOK} --type order.created --data '{"id": 7}'`,
  ],
  run: async ({ hooks }, { hook_id, data, ...fields }, { out, shell }) => {
    const own = data === undefined ? {} : { data: await readObject(data, '--data', shell) };
    printSendResult(out, await hooks.test(hook_id, { ...fields, ...own }));
  },
});

const validate = apiVerb<HookId>({
  usage: 'validate <hook_id>',
  about: 'Send a validation request to the receiver and wait for the response.',
  more: 'Exits with code 1 unless the response has a 2xx status.',
  arguments: HOOK_ID,
  examples: [`hooks validate ${SAMPLE_HOOK}`],
  run: async ({ hooks }, { hook_id }, { out }) => {
    const result = await hooks.validate(hook_id);
    out.print(result, printRecord);
    if (!result.success) throw failure(`The receiver did not validate the hook (${result.outcome}).`);
  },
});

const replay = apiVerb<Replay>({
  usage: 'replay <hook_id>',
  about: 'Send a hook the events it missed: failed, held, and never attempted.',
  more: 'Without --yes, it only counts them.',
  arguments: HOOK_ID,
  flags: [
    { ...filters.since, required: true },
    filters.until,
    {
      flags: '--status <status>',
      about: 'only these (default: all three)',
      choices: choices<Missed>({ failed: true, held: true, never_attempted: true }),
    },
    yes,
  ],
  examples: [
    `hooks replay ${SAMPLE_HOOK} --since 24h`,
    `hooks replay ${SAMPLE_HOOK} --since 2026-11-21T10:00:00Z --status held --yes`,
  ],
  run: async ({ hooks }, { hook_id, yes: send = false, ...fields }, { out }) => {
    const result = await hooks.replay(hook_id, { ...fields, dry_run: !send });
    out.print(result, ({ count, replayed }) =>
      send ? `Sending ${replayed} of ${count}.` : `${count} would be sent.`,
    );
    if (!send && result.count > 0) out.note('Add --yes to send them.');
  },
});

export const hookTestVerbs: readonly Verb[] = [ping, test, validate, replay];
