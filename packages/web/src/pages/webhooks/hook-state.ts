import type { Hook } from '@bellwire/client';
import type { Tone } from '../../design/mark.tsx';

/** The status of a hook; an active one is `failing` while its last attempts have failed. */
export type HookState = Hook['status'] | 'failing';

export const hookStates = ['active', 'failing', 'paused', 'disabled', 'unvalidated'] as const;

const TONES: Readonly<Record<HookState, Tone>> = {
  active: 'ok',
  failing: 'warn',
  paused: 'held',
  disabled: 'bad',
  unvalidated: 'idle',
};

export const stateOfHook = ({
  status,
  consecutive_failures,
}: Pick<Hook, 'status' | 'consecutive_failures'>): HookState =>
  status === 'active' && consecutive_failures > 0 ? 'failing' : status;

export const toneOfHook = (state: HookState): Tone => TONES[state];

export interface HookFilters {
  readonly status: string | undefined;
  readonly text: string | undefined;
}

/** Whether a hook belongs to the list. The text is part of its name, URL, id or tenant. */
export const matchesHook = (hook: Hook, { status, text = '' }: HookFilters): boolean => {
  if (status !== undefined && stateOfHook(hook) !== status) return false;
  const wanted = text.trim().toLowerCase();
  return (
    wanted === '' ||
    [hook.name, hook.url, hook.id, hook.tenant ?? ''].some((part) => part.toLowerCase().includes(wanted))
  );
};
