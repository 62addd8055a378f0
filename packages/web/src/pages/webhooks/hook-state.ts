import type { Hook } from '@bellwire/client';

/** The status of a hook; an active one is `failing` while its last attempts have failed. */
export type HookState = Hook['status'] | 'failing';

export const hookStates = ['active', 'failing', 'paused', 'disabled', 'unvalidated'] as const;

const TONES = {
  active: 'ok',
  failing: 'warn',
  paused: 'held',
  disabled: 'bad',
  unvalidated: 'idle',
} as const satisfies Readonly<Record<HookState, string>>;

export const stateOfHook = ({
  status,
  consecutive_failures,
}: Pick<Hook, 'status' | 'consecutive_failures'>): HookState =>
  status === 'active' && consecutive_failures > 0 ? 'failing' : status;

/** The look of a state. */
export const toneOfHook = (state: HookState): (typeof TONES)[HookState] => TONES[state];

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
