import type { Hook } from '@bellwire/client';
import { Mark } from '../../design/mark.tsx';
import { useWords } from '../../words/words.ts';
import { stateOfHook, toneOfHook } from './hook-state.ts';

/** The state of a hook. */
export const HookMark = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().webhooks;
  const state = stateOfHook(hook);
  return <Mark tone={toneOfHook(state)} word={words.states[state]} />;
};
