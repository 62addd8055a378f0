import { failure } from '../frame/command-error.ts';
import { apiVerb, type Verb } from '../frame/verb.ts';
import { readObject } from '../input/read-data.ts';
import { printRecord } from '../print/record.ts';
import { printSendResult } from './print-send-result.ts';
import { HOOK_ID, type HookId, SAMPLE_HOOK } from './hook-id.ts';

interface Test extends HookId {
  readonly event_type?: string;
  readonly data?: string;
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

export const hookTestVerbs: readonly Verb[] = [ping, test, validate];
