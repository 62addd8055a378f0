import type { Client, Listing } from '@bellwire/client';
import { readCount } from '../input/read-text.ts';
import { type Column, printTable } from '../print/table.ts';
import { wrongUsage } from './command-error.ts';
import { apiVerb, type Flag, type Verb } from './verb.ts';

/** One page of a list. */
interface PageFields {
  readonly limit?: number;
  readonly cursor?: string;
}

interface Paging extends PageFields {
  readonly all?: boolean;
}

export interface ListVerb<Q, T> {
  readonly about: string;
  /** In the plural: what there is none of. */
  readonly things: string;
  readonly flags?: readonly Flag[];
  readonly examples: readonly string[];
  readonly list: (client: Client, query: Q & PageFields) => Listing<T>;
  readonly columns: readonly Column<T>[];
}

const PAGING: readonly Flag[] = [
  { flags: '--limit <n>', about: 'how many at most, up to 1000 (100)', read: readCount },
  { flags: '--cursor <cursor>', about: 'go on where a page ended: its next_cursor' },
  { flags: '--all', about: 'every page, as one list' },
];

/** As many as the server gives at a time. */
const LARGEST_PAGE = 1000;

const everything = async <T>(listing: Listing<T>) => {
  const data: T[] = [];
  for await (const item of listing) data.push(item);
  return { data, next_cursor: null };
};

/** `list`: a page of a list, or all of it; with `--json` always `{ data, next_cursor }`. */
export const listVerb = <Q, T>({ things, list, columns, flags = [], ...rest }: ListVerb<Q, T>): Verb =>
  apiVerb<Q & Paging>({
    ...rest,
    usage: 'list',
    flags: [...flags, ...PAGING],
    run: async (client, { all, ...query }, { out }) => {
      if (all === true && (query.limit !== undefined || query.cursor !== undefined)) {
        throw wrongUsage(
          '--all is every page from the first one, so --limit and --cursor cannot go with it.',
        );
      }
      const filter = query as unknown as Q & PageFields;
      const page =
        all === true
          ? await everything(list(client, { ...filter, limit: LARGEST_PAGE }))
          : await list(client, filter);
      out.answer(page, ({ data }, style) => (data.length === 0 ? '' : printTable(data, columns, style)));
      if (page.data.length === 0) out.note(`No ${things}.`);
      if (page.next_cursor !== null)
        out.note(`There are more: --all shows every one, --cursor ${page.next_cursor} the next page.`);
    },
  });
