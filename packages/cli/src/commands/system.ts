import type { System } from '@bellwire/client';
import { apiVerb } from '../frame/verb.ts';
import { printRecord } from '../print/record.ts';
import type { Style } from '../print/style.ts';
import { printTable } from '../print/table.ts';

type Setting = System['settings'][number];

const valueOf = ({ value, is_secret, is_set }: Setting): string | null =>
  is_secret ? (is_set ? '(set)' : null) : value;

const columns = [
  { title: 'SETTING', of: ({ variable }: Setting) => variable },
  { title: 'FROM', of: ({ origin }: Setting) => origin },
  { title: 'VALUE', of: valueOf },
] as const;

const PROXY_NOTE =
  'Requests are sent through a proxy, which resolves host names itself: this server checks only the addresses that it sees.';

const printSystem = ({ version, node_id, started_at, database, settings }: System, style: Style): string => {
  const { kind, version: database_version, migrations, ...sizes } = database;
  const facts = printRecord(
    {
      version,
      node_id,
      started_at,
      database: `${kind} ${database_version}`,
      migrations: migrations.join(' '),
      ...sizes,
    },
    style,
  );
  const lines = [facts, '', printTable(settings, columns, style)];
  const has_proxy = settings.some(({ name, is_set }) => name === 'proxy' && is_set);
  return (has_proxy ? [...lines, '', PROXY_NOTE] : lines).join('\n');
};

/** `bellwire system` */
export const system = apiVerb({
  usage: 'system',
  about: 'Show the version, the database and the settings of the server. Requires an admin key.',
  examples: ['system', "system --json | jq '.database'"],
  run: async (client, _, { out }) => out.print(await client.system.get(), printSystem),
});
