import type { CreatedHook } from '@bellwire/client';
import type { Out } from '../frame/out.ts';
import { printRecord } from '../print/record.ts';

/** Prints a hook with its new secret and, without `--json`, the next step. */
export const printSecret = (out: Out, hook: CreatedHook): void => {
  const { warnings, ...shown } = hook;
  out.print(hook, (_, style) => printRecord(shown, style));
  for (const warning of warnings) out.note(warning);
  if (hook.secret === null) return;
  out.note(`Install the secret in the receiver now. To see it again, run: bellwire hooks secret ${hook.id}`);
};
