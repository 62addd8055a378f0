import type { Flag } from '../frame/verb.ts';
import { readTime } from '../input/read-text.ts';

/** Flags that more than one command has. */
export const filters = {
  hook: { flags: '--hook <hook_id>', field: 'hook_id', about: 'only those for this hook' },
  event: { flags: '--event <event_id>', field: 'event_id', about: 'only those of this event' },
  type: { flags: '--type <event_type>', field: 'event_type', about: 'only those of this event type' },
  since: {
    flags: '--since <time>',
    read: readTime,
    about: 'only those made then or later: 2026-11-21T10:30:00Z, or how long ago, like 24h',
  },
  until: { flags: '--until <time>', read: readTime, about: 'only those made before then; now when absent' },
} as const satisfies Record<string, Flag>;

/** What to do with the many that match: count them, or also send them. */
export const yes: Flag = { flags: '--yes', about: 'send them; without it they are only counted' };
