import type { Client, Recovery } from '@bellwire/client';
import { failure } from '../frame/command-error.ts';
import type { Session } from '../frame/verb.ts';

type Counts = Pick<Recovery, 'total' | 'counts' | 'skipped' | 'outside_order'>;

const POLL_MS = 300;
const BAR = 30;

/** `40: 37 failed, 3 pending`. */
export const printCounts = ({ total, counts, skipped, outside_order }: Counts): string => {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  const list = parts.map(([status, count]) => `${count} ${status}`).join(', ');
  const inactive = skipped.hook_not_active;
  const notes = [
    ...(outside_order === 0 ? [] : [`${outside_order} outside the order of their hook`]),
    ...(inactive === 0 ? [] : [`${inactive} more belong to hooks that are not active`]),
  ];
  return `${total}${list === '' ? '' : `: ${list}`}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
};

/** One line for a terminal that replaces itself. */
const printBar = (progress: number, text: string): string => {
  const done = Math.round(progress * BAR);
  return `\r[${'#'.repeat(done)}${' '.repeat(BAR - done)}] ${Math.round(progress * 100)} % ${text}\u001b[K`;
};

/**
 * Waits until a recovery ends, with a progress bar on a terminal, and returns it.
 * @throws CommandError if it was canceled
 */
export const followRecovery = async (
  { recoveries }: Client,
  id: string,
  { shell }: Pick<Session, 'shell'>,
): Promise<Recovery> => {
  const is_terminal = shell.width !== null;
  for (;;) {
    const recovery = await recoveries.get(id);
    if (is_terminal) shell.writeError(printBar(recovery.progress, `${recovery.total} deliveries`));
    if (recovery.status !== 'running') {
      if (is_terminal) shell.writeError('\n');
      if (recovery.status === 'completed') return recovery;
      throw failure(`The recovery ${id} was canceled after ${printCounts(recovery)}.`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
};
