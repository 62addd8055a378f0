import { z } from 'zod';
import type { SystemState } from '../../admin/system.ts';
import { settingOrigins } from '../../core/setting-origin.ts';
import { described } from '../fields.ts';
import { iso, shownTime } from './shown.ts';

const DAY_MS = 86_400_000;

const settingView = z
  .object({
    name: described(z.string(), 'The name in `bellwire.config.ts`.', 'retention'),
    variable: described(z.string(), 'The environment variable.', 'BELLWIRE_RETENTION'),
    flag: described(z.string(), 'The flag of `bellwire serve`.', '--retention'),
    value: described(
      z.string().nullable(),
      'The value as text; null if it is unset, and always for a secret.',
      '30d',
    ),
    is_secret: described(z.boolean(), 'Whether the value is a secret, which is never shown.', false),
    is_set: described(z.boolean(), 'Whether there is a value.', true),
    origin: described(
      z.enum(settingOrigins),
      'Where the value comes from: the default, a flag, the environment, `bellwire.config.ts` (`file`), `serve --local`, or the program that embeds the server (`code`).',
      'default',
    ),
    about: described(z.string(), 'What it does.', 'How long events are kept, such as `30d`.'),
  })
  .meta({ description: 'A setting of the server. Settings change with a restart only.' });

export const systemView = z
  .object({
    version: described(z.string(), 'The version of Bellwire.', '0.1.0'),
    node_id: described(z.string(), 'The id of this process.', 'node_01jd7a2m4x8q5v9t3c6n0r1yke'),
    started_at: shownTime('When this process started.'),
    database: z
      .object({
        kind: described(z.enum(['SQLite', 'PostgreSQL']), 'The kind of database.', 'SQLite'),
        version: described(z.string(), 'Its version, at the start of this process.', '3.53.1'),
        migrations: described(z.array(z.string()), 'The migrations that its tables have had.', [
          '0001-foundation',
        ]),
        size_bytes: described(
          z.int(),
          'The size of the database file, or of the PostgreSQL database.',
          73_728,
        ),
        wal_bytes: described(z.int(), 'The size of its write-ahead log; 0 for PostgreSQL.', 4_194_304),
        disk_free_bytes: described(
          z.int().nullable(),
          'The free space of its disk; null if unknown.',
          52_613_349_376,
        ),
      })
      .meta({ description: 'The database.' }),
    retention: z
      .object({
        events_ms: described(
          z.int().nullable(),
          'How long events are kept, in milliseconds; null keeps them forever.',
          30 * DAY_MS,
        ),
        payloads_ms: described(
          z.int().nullable(),
          'How long the data of finished events is kept, in milliseconds; null keeps it as long as the event.',
          null,
        ),
      })
      .meta({ description: 'How long data is kept.' }),
    settings: described(z.array(settingView), 'Every setting.', []).meta({ examples: undefined }),
  })
  .meta({ id: 'System', description: 'The state and the settings of the server.' });

export const viewSystem = (state: SystemState): z.infer<typeof systemView> => ({
  version: state.version,
  node_id: state.node_id,
  started_at: iso(state.started_at),
  database: {
    kind: state.database.kind,
    version: state.database.version,
    migrations: [...state.database.migrations],
    size_bytes: state.files.database,
    wal_bytes: state.files.wal,
    disk_free_bytes: state.files.volume?.free_bytes ?? null,
  },
  retention: { events_ms: state.retention_ms, payloads_ms: state.payload_retention_ms },
  settings: state.settings.map((setting) => ({ ...setting })),
});
