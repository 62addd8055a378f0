import type { z } from 'zod';
import type { ProcedureMeta } from './trpc.ts';
import { isPageView } from './views/shown.ts';

/** What tells the size of a procedure's answers. */
export interface Answering {
  readonly meta?: Pick<ProcedureMeta, 'has_large_answer'>;
  /** Undefined when the output is not validated. */
  readonly output?: z.ZodType | undefined;
}

/** Whether an answer of a procedure can have megabytes, as that of every list can. */
export const hasLargeAnswer = ({ meta, output }: Answering): boolean =>
  meta?.has_large_answer === true || (output !== undefined && isPageView(output));
