import type { CreatedHook } from '@bellwire/client';
import type { Out } from '../frame/out.ts';
import { printWarned } from './print-warned.ts';

/** What to do with a new secret: it depends on the secret that signs until the switch. */
const nextStep = ({ id, secret_state: { signing, switch_at } }: CreatedHook): string => {
  if (signing === 'previous') {
    return `The old secret signs until ${switch_at}. Install the new one in the receiver, then run: bellwire hooks switch-secret ${id}`;
  }
  if (signing === 'current_and_previous') {
    return `Both secrets sign until ${switch_at}. Install the new one in the receiver before then.`;
  }
  return 'Install the secret in the receiver now: it signs from the next request on.';
};

/** Prints a hook with its new secret and, without `--json`, the next step. */
export const printSecret = (out: Out, hook: CreatedHook): void => {
  printWarned(out, hook);
  if (hook.secret === null) return;
  out.note(nextStep(hook));
  out.note(`To see the secret again, run: bellwire hooks secret ${hook.id}`);
};
