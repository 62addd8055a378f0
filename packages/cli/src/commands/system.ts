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

const printSystem = ({ version, node_id, started_at, database, settings }: System, style: Style): string => {
  const facts = printRecord({ version, node_id, started_at, ...database }, style);
  return [facts, '', printTable(settings, columns, style)].join('\n');
};

/** `bellwire system` */
export const system = apiVerb({
  usage: 'system',
  about: 'Show the version, the database and the settings of the server. Requires an admin key.',
  examples: ['system', "system --json | jq '.database'"],
  run: async (client, _, { out }) => out.print(await client.system.get(), printSystem),
});
