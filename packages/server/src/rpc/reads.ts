import type { z } from 'zod';
import type { ProcedureMeta } from './trpc.ts';
import { isPageView } from './views/shown.ts';

/** What tells how much a procedure reads and answers. */
export interface Answering {
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly meta?: Pick<ProcedureMeta, 'has_large_answer' | 'is_read'>;
  /** Undefined when the output is not validated. */
  readonly output?: z.ZodType | undefined;
}

/** Whether a procedure reads from the database, and may read much: that of every query may. */
export const isRead = ({ type, meta }: Answering): boolean => type === 'query' || meta?.is_read === true;

/** Whether an answer of a procedure can have megabytes, as that of every list can. */
export const hasLargeAnswer = ({ meta, output }: Answering): boolean =>
  meta?.has_large_answer === true || (output !== undefined && isPageView(output));
