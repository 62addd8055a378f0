import type { Recovery } from '@bellwire/client';
import { listVerb } from '../frame/list-verb.ts';
import { apiVerb, type Noun } from '../frame/verb.ts';
import { printRecord } from '../print/record.ts';
import { colourOf } from '../print/style.ts';

interface One {
  readonly recovery_id: string;
}

const RECOVERY = { recovery_id: 'the id of the recovery' };
const SAMPLE = 'rcv_01jd7c2k5m8p1q4r7t0v3w6x9y';

const list = listVerb<{}, Recovery>({
  about: 'List the jobs that send deliveries again or cancel them, newest first.',
  things: 'recoveries',
  examples: ['recoveries list'],
  list: ({ recoveries }, query) => recoveries.list(query),
  columns: [
    { title: 'ID', of: ({ id }) => id },
    { title: 'KIND', of: ({ kind }) => kind },
    { title: 'STATUS', of: ({ status }) => status, colour: colourOf },
    { title: 'PROGRESS', of: ({ progress }) => `${Math.round(progress * 100)} %` },
    { title: 'DELIVERIES', of: ({ total }) => total },
    { title: 'HOOK', of: ({ hook_id }) => hook_id },
    { title: 'SINCE', of: ({ since }) => since },
  ],
});

const get = apiVerb<One>({
  usage: 'get <recovery_id>',
  about: 'Show a job with its progress.',
  arguments: RECOVERY,
  examples: [`recoveries get ${SAMPLE}`],
  run: async ({ recoveries }, { recovery_id }, { out }) =>
    out.print(await recoveries.get(recovery_id), printRecord),
});

const cancel = apiVerb<One>({
  usage: 'cancel <recovery_id>',
  about: 'End a running job. What it has covered stays so.',
  arguments: RECOVERY,
  examples: [`recoveries cancel ${SAMPLE}`],
  run: async ({ recoveries }, { recovery_id }, { out }) => {
    out.print(await recoveries.cancel(recovery_id), () => `Canceled ${recovery_id}.`);
  },
});

export const recoveries: Noun = {
  name: 'recoveries',
  about: 'Jobs that send many deliveries again, or cancel them. `bellwire recover` starts one.',
  verbs: [list, get, cancel],
};
