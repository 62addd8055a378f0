import type { Flag } from '../frame/verb.ts';
import { readTime } from '../input/read-text.ts';

/** Filter flags that several commands share. */
export const filters = {
  hook: { flags: '--hook <hook_id>', field: 'hook_id', about: 'only for this hook' },
  event: { flags: '--event <event_id>', field: 'event_id', about: 'only for this event' },
  wire: { flags: '--wire-id <id>', about: 'only the event that receivers see under this id' },
  tenant: { flags: '--tenant <id>', about: 'only for this customer' },
  type: { flags: '--type <event_type>', field: 'event_type', about: 'only for this event type' },
  since: {
    flags: '--since <time>',
    read: readTime,
    about: 'only created at or after this time: 2026-11-21T10:30:00Z, or an age like 24h',
  },
  until: { flags: '--until <time>', read: readTime, about: 'only created before this time (default: now)' },
} as const satisfies Record<string, Flag>;
