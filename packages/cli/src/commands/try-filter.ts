import type { FilterPreview } from '@bellwire/client';
import { failure } from '../frame/command-error.ts';
import { apiVerb } from '../frame/verb.ts';
import { readCount } from '../input/read-text.ts';
import { type Column, printTable } from '../print/table.ts';
import { eventsFlag } from './hook-flags.ts';

interface TryFilter {
  readonly filter: string;
  readonly events: string[];
  readonly tenant?: string;
  readonly limit?: number;
}

const columns: readonly Column<FilterPreview['events'][number]>[] = [
  { title: 'RESULT', of: ({ result }) => result },
  { title: 'ID', of: ({ event_id }) => event_id },
  { title: 'TYPE', of: ({ type }) => type },
  { title: 'CREATED', of: ({ created_at }) => created_at },
];

/** `bellwire hooks try-filter` */
export const tryFilter = apiVerb<TryFilter>({
  usage: 'try-filter <filter>',
  about: 'Check a filter, and show which of the last events it matches.',
  more: 'Sends nothing and changes nothing. Exits with code 1 if a hook could not have the filter.',
  arguments: { filter: "the filter, like 'order.total >= 100'" },
  flags: [
    { ...eventsFlag, required: true },
    {
      flags: '--tenant <id>',
      about: "the customer, as of a hook: '*' for the events of every customer",
    },
    { flags: '--limit <n>', read: readCount, about: 'number of events, at most 50 (default: 20)' },
  ],
  examples: [
    "hooks try-filter 'order.total >= 100' --events order.created",
    `hooks try-filter 'status in ("paid", "open")' --events 'order.*' --tenant cus_42 --limit 50`,
  ],
  run: async ({ hooks }, fields, { out }) => {
    const preview = await hooks.tryFilter(fields);
    out.print(preview, ({ events }, style) => printTable(events, columns, style));
    for (const { message } of preview.warnings) out.note(`warning: ${message}`);
    out.note(`${preview.matched} of ${preview.events.length} events match.`);
    const [issue] = preview.issues;
    if (issue !== undefined) throw failure(`filter: ${issue.message}.`);
  },
});
