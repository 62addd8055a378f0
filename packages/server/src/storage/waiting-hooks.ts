import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

/**
 * The first `limit` hooks after `after` with pending deliveries, of all workspaces. Skips from hook to hook in the index of
 * pending deliveries: a hook with a backlog of a million costs one step, and so does one whose retries are due later.
 */
export const waitingHooks = (
  db: Kysely<Schema>,
  { after, limit }: { readonly after: string; readonly limit: number },
) =>
  db
    .withRecursive('waiting(hook_id, step)', (cte) =>
      cte
        .selectFrom('bellwire_deliveries')
        .select(({ fn }) => [fn.min('hook_id').as('hook_id'), sql<number>`1`.as('step')])
        .where('status', '=', sql.lit('pending'))
        .where('hook_id', '>', after)
        .unionAll(
          cte
            .selectFrom('waiting')
            .select(({ selectFrom, eb }) => [
              selectFrom('bellwire_deliveries')
                .select(({ fn }) => fn.min('hook_id').as('hook_id'))
                .where('status', '=', sql.lit('pending'))
                .whereRef('hook_id', '>', 'waiting.hook_id')
                .as('hook_id'),
              eb('waiting.step', '+', 1).as('step'),
            ])
            .where('waiting.hook_id', 'is not', null)
            .where('waiting.step', '<', limit),
        ),
    )
    .selectFrom('waiting')
    .innerJoin('bellwire_hooks', 'bellwire_hooks.id', 'waiting.hook_id');
