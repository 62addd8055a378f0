import { BellwireError } from '../../core/errors.ts';
import type { BatchResult, CommitBatch } from '../../ports/store.ts';
import { toItemError } from '../store/batch.ts';
import { needsOfBatch } from './needs.ts';
import { isServerFault, toStorageError } from './storage-error.ts';
import type { Transactions } from './transactions.ts';

const commit = async (transactions: Transactions, batch: CommitBatch): Promise<BatchResult> => {
  const workspaces = [
    ...batch.events.map(({ workspace_id }) => workspace_id),
    ...batch.settlements.map(({ delivery }) => delivery.workspace_id),
  ];
  const committed = await transactions.run((session) => {
    const needs = needsOfBatch(batch, transactions.index);
    return transactions.decide(
      session,
      { now: batch.now, leasing: batch },
      {
        needs,
        decide: ({ batch: open, parts }) => {
          // Settlements first: if a 410 disables a hook, the events of the same batch are held for it.
          const settled = batch.settlements.map((settlement) => parts.settlements.write(settlement, open));
          const accepted = batch.events.map((event) => parts.writeEvent(event, { ...batch, batch: open }));
          return { settled, accepted };
        },
      },
    );
  }, workspaces);
  const { has_fan_outs, released } = committed.batch;
  return { ...transactions.applied(committed), has_fan_outs, released };
};

/** Commits one item. Its result is `rejected` if the database refuses it. */
const commitOne = async <T>(
  transactions: Transactions,
  batch: CommitBatch,
  results: { readonly all: BatchResult[]; readonly resultOf: (result: BatchResult) => T | undefined },
) => {
  try {
    const result = await commit(transactions, batch);
    results.all.push(result);
    return results.resultOf(result) ?? ({ kind: 'rejected', error: toItemError(null) } as const);
  } catch (error) {
    const why = isServerFault(error) ? toStorageError(error) : toItemError(error);
    return { kind: 'rejected', error: why } as const;
  }
};

/** Commits each item of a batch alone. */
const commitEach = async (transactions: Transactions, batch: CommitBatch): Promise<BatchResult> => {
  const none = { ...batch, events: [], settlements: [] };
  const all: BatchResult[] = [];
  const settled = [];
  for (const settlement of batch.settlements) {
    const alone = { ...none, settlements: [settlement] };
    settled.push(await commitOne(transactions, alone, { all, resultOf: (result) => result.settled[0] }));
  }
  const accepted = [];
  for (const event of batch.events) {
    const alone = { ...none, events: [event] };
    accepted.push(await commitOne(transactions, alone, { all, resultOf: (result) => result.accepted[0] }));
  }
  return {
    settled,
    accepted,
    has_fan_outs: all.some(({ has_fan_outs }) => has_fan_outs),
    released: all.flatMap(({ released }) => released),
  };
};

/** Stores events with their deliveries, and settles leases. An item that the database refuses does not fail the others. */
export const commitBatch = async (transactions: Transactions, batch: CommitBatch): Promise<BatchResult> => {
  try {
    return await commit(transactions, batch);
  } catch (error) {
    if (error instanceof BellwireError || isServerFault(error)) throw toStorageError(error);
  }
  // One item failed and the rollback undid all of them.
  return commitEach(transactions, batch);
};
