import type { Warning } from '@bellwire/client';
import type { Out } from '../frame/out.ts';
import { printRecord } from '../print/record.ts';

/** Prints an answer; its warnings go to standard error. */
export const printWarned = (out: Out, answer: { readonly warnings: readonly Warning[] }): void => {
  const { warnings, ...shown } = answer;
  out.print(answer, (_, style) => printRecord(shown, style));
  for (const { message } of warnings) out.note(`warning: ${message}`);
};
