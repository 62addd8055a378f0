import { BellwireError } from '../../core/errors.ts';
import type { AcceptResult, BatchResult, CommitBatch, SettleResult } from '../../ports/store.ts';
import { toItemError } from '../store/batch.ts';
import { AlreadyChanged } from './already-changed.ts';
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

/** Whether the database failed or other nodes disturbed the transaction: it says nothing about the items. */
const isNoRefusal = (error: unknown): boolean =>
  error instanceof BellwireError || error instanceof AlreadyChanged || isServerFault(error);

const rejected = (error: unknown) =>
  ({ kind: 'rejected', error: isNoRefusal(error) ? toStorageError(error) : toItemError(error) }) as const;

/**
 * Commits each item of a batch alone. Fails if the database fails while it stores a settlement, which is then repeated: as
 * a refusal, it would fail the delivery.
 */
const commitEach = async (transactions: Transactions, batch: CommitBatch): Promise<BatchResult> => {
  const none = { ...batch, events: [], settlements: [] };
  const all: BatchResult[] = [];
  const commitOne = async (item: Partial<CommitBatch>): Promise<BatchResult> => {
    const result = await commit(transactions, { ...none, ...item });
    all.push(result);
    return result;
  };
  const settled: SettleResult[] = [];
  for (const settlement of batch.settlements) {
    try {
      settled.push(...(await commitOne({ settlements: [settlement] })).settled);
    } catch (error) {
      if (isNoRefusal(error)) throw toStorageError(error);
      settled.push(rejected(error));
    }
  }
  const accepted: AcceptResult[] = [];
  for (const event of batch.events) {
    try {
      accepted.push(...(await commitOne({ events: [event] })).accepted);
    } catch (error) {
      accepted.push(rejected(error));
    }
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
