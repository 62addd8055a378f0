import type { Client, Listing } from '@bellwire/client';
import { readCount } from '../input/read-text.ts';
import { type Column, printTable } from '../print/table.ts';
import { wrongUsage } from './command-error.ts';
import { apiVerb, type Flag, type Verb } from './verb.ts';

interface PageFields {
  readonly limit?: number;
  readonly cursor?: string;
}

interface Paging extends PageFields {
  readonly all?: boolean;
}

export interface ListVerb<Q, T> extends Pick<Verb, 'more' | 'arguments'> {
  /** Default: `list`. */
  readonly usage?: string;
  readonly about: string;
  /** A plural for the message of an empty list. */
  readonly things: string;
  readonly flags?: readonly Flag[];
  readonly examples: readonly string[];
  readonly list: (client: Client, query: Q & PageFields) => Listing<T>;
  readonly columns: readonly Column<T>[];
}

const PAGING: readonly Flag[] = [
  { flags: '--limit <n>', about: 'page size, up to 1000 (default: 100)', read: readCount },
  { flags: '--cursor <cursor>', about: 'next_cursor of the previous page' },
  { flags: '--all', about: 'all pages as one list' },
];

/** The maximum of the server. */
const MAX_PAGE = 1000;

const readAll = async <T>(listing: Listing<T>) => {
  const data: T[] = [];
  for await (const item of listing) data.push(item);
  return { data, next_cursor: null };
};

/** The verb `list`: prints one page or all of them, with `--json` always as `{ data, next_cursor }`. */
export const listVerb = <Q, T>({
  things,
  list,
  columns,
  flags = [],
  usage = 'list',
  ...rest
}: ListVerb<Q, T>): Verb =>
  apiVerb<Q & Paging>({
    ...rest,
    usage,
    flags: [...flags, ...PAGING],
    run: async (client, { all, ...query }, { out }) => {
      if (all === true && (query.limit !== undefined || query.cursor !== undefined)) {
        throw wrongUsage('--all lists every page; it cannot be combined with --limit or --cursor.');
      }
      const filter = query as unknown as Q & PageFields;
      const page =
        all === true
          ? await readAll(list(client, { ...filter, limit: MAX_PAGE }))
          : await list(client, filter);
      out.print(page, ({ data }, style) => (data.length === 0 ? '' : printTable(data, columns, style)));
      if (page.data.length === 0) out.note(`No ${things}.`);
      if (page.next_cursor !== null)
        out.note(
          `There are more. For the next page, add --cursor ${page.next_cursor}; for all pages, --all.`,
        );
    },
  });
