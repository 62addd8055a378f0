import { InvalidArgumentError } from 'commander';
import type { Recovery } from '@bellwire/client';
import { choices } from '../frame/choices.ts';
import type { Flag } from '../frame/verb.ts';
import { filters } from './filters.ts';

const OUTCOMES = choices<NonNullable<Recovery['outcome']>>({
  succeeded: true,
  http_status: true,
  timeout: true,
  connection_failed: true,
  tls_failed: true,
  dns_failed: true,
  address_blocked: true,
  response_invalid: true,
  interrupted: true,
});

export const outcomeFlag: Flag = {
  flags: '--outcome <outcome>',
  about: 'only if the last attempt had this outcome',
  choices: OUTCOMES,
};

/** The flags that select deliveries for a job, besides the hook and the start. */
export const selectionFlags: readonly Flag[] = [filters.until, filters.type, filters.tenant, outcomeFlag];

/** `--status failed,held`: a list of statuses. */
export const statusesFlag = (all: readonly string[], defaults: string): Flag => ({
  flags: '--status <statuses>',
  field: 'statuses',
  about: `any of ${all.join(', ')}, separated by commas (default: ${defaults})`,
  read: (text) => {
    const statuses = text.split(',').map((status) => status.trim());
    const unknown = statuses.find((status) => !all.includes(status));
    if (unknown !== undefined) throw new InvalidArgumentError(`Each must be one of ${all.join(', ')}.`);
    return statuses;
  },
});
