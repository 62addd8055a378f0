import type { CreatedHook } from '@bellwire/client';
import type { Out } from '../frame/out.ts';
import { printRecord } from '../print/record.ts';

/** Prints a hook with its new secret, and to people what to do with it. */
export const answerSecret = (out: Out, hook: CreatedHook): void => {
  const { warnings, ...shown } = hook;
  out.answer(hook, (_, style) => printRecord(shown, style));
  for (const warning of warnings) out.note(warning);
  if (hook.secret === null) return;
  out.note(
    `Give the secret to the receiver now. It is not shown again, except by: bellwire hooks secret ${hook.id}`,
  );
};
