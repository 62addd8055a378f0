import { sql } from 'kysely';
import type { LeasedDelivery, Store } from '../../ports/store.ts';
import type { FanOutTurns } from './fan-outs.ts';
import { claimDue } from './leases.ts';
import { type CheckedLeases, findLostLeases } from './lost-leases.ts';
import { NeedsOf } from './needs.ts';
import type { Session } from './session.ts';
import type { TenantTurns } from './tenant-turns.ts';
import type { Transactions, TransactionsOptions } from './transactions.ts';
import { ClaimMarks } from './watermarks.ts';

type Parameter<M extends keyof Store> = Parameters<Store[M]>[0];
type Result<M extends 'claim' | 'continueFanOuts' | 'releaseLeases'> = ReturnType<Store[M]>;

/** Stores the next deliveries of events with more hooks than fit their batch. */
export const continueFanOuts = async (
  transactions: Transactions,
  slice: Parameter<'continueFanOuts'>,
  turns: FanOutTurns,
): Result<'continueFanOuts'> => {
  const { index } = transactions;
  const committed = await transactions.run(async (session) => {
    const { taken, ...rest } = await turns.take(session, slice);
    await index.prepare(rest.workspaces);
    const needs = new NeedsOf(index);
    for (const { event, hook_ids } of taken) {
      needs.deliver(
        event,
        hook_ids.flatMap((id) => index.hook(event.workspace_id, id) ?? []),
      );
    }
    return transactions.decide(
      session,
      { now: slice.now, leasing: slice },
      {
        needs,
        decide: ({ batch, parts }) => {
          const leased: LeasedDelivery[] = [];
          for (const { event, hook_ids } of taken) {
            // Hooks deleted since the event was accepted are skipped.
            const hooks = hook_ids.flatMap((id) => batch.hook(event.workspace_id, id) ?? []);
            leased.push(...parts.writeDeliveries(event, hooks, { ...slice, batch, kept_event: null }));
          }
          return { ...rest, leased };
        },
      },
    );
  });
  return transactions.applied(committed);
};

/** Those of the hooks that have a stored throttle. */
const throttledOf = async (
  session: Session,
  wants: readonly { readonly hook_id: string }[],
): Promise<ReadonlySet<string>> => {
  const rows = await session.all(
    session.db
      .selectFrom('bellwire_throttles')
      .select('hook_id')
      .where('hook_id', '=', sql<string>`any(${wants.map(({ hook_id }) => hook_id)}::text[])`),
  );
  return new Set(rows.map(({ hook_id }) => hook_id));
};

/** Leases due deliveries. */
export const claim = async (
  transactions: Transactions,
  wanted: Parameter<'claim'>,
  { turns, node_id }: { readonly turns: TenantTurns; readonly node_id: string },
): Result<'claim'> => {
  const { marks, ...committed } = await transactions.run(
    async (session) => {
      const claim_marks = new ClaimMarks(transactions.watermarks, wanted.now);
      const needs = new NeedsOf(transactions.index);
      const throttled = await throttledOf(session, wanted.wants);
      for (const { workspace_id, hook_id } of wanted.wants) {
        needs.claim(workspace_id, hook_id, throttled.has(hook_id));
      }
      const decided = await transactions.decide(session, wanted, {
        needs,
        decide: async ({ batch, parts }) => {
          const claimed = await claimDue(session, wanted, {
            batch,
            throttles: parts.throttles,
            turns,
            node_id,
            marks: claim_marks,
          });
          for (const { workspace_id, hook_id } of wanted.wants) {
            const hook = batch.hook(workspace_id, hook_id);
            // Another node has ended it since this one looked.
            if (hook?.throttle === null && transactions.isHeldBack(hook_id)) {
              batch.noteThrottle(hook, { waits: true });
            }
          }
          return claimed;
        },
      });
      return { ...decided, marks: claim_marks };
    },
    wanted.wants.map(({ workspace_id }) => workspace_id),
  );
  marks.commit();
  return transactions.applied(committed);
};

/** Ends leases whose holder is gone. */
export const releaseLeases = async (
  transactions: Transactions,
  release: Parameter<'releaseLeases'>,
  options: TransactionsOptions & { readonly checked: CheckedLeases },
): Result<'releaseLeases'> => {
  const may_have_unknown = transactions.mayHaveUnknownLeases();
  const lost = await transactions.run((session) =>
    findLostLeases(session, release, { ...options, may_have_unknown }),
  );
  if (lost.length === 0) {
    transactions.releasedUnknownLeases();
    return 0;
  }
  const committed = await transactions.run(
    (session) => {
      const needs = new NeedsOf(transactions.index);
      for (const settlement of lost) needs.settle(settlement);
      return transactions.decide(session, release, {
        needs,
        decide: ({ batch, parts }) => {
          for (const settlement of lost) parts.settlements.write(settlement, batch);
          return lost.length;
        },
      });
    },
    lost.map(({ delivery }) => delivery.workspace_id),
  );
  return transactions.applied(committed);
};
