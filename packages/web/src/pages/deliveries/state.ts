import type { Delivery } from '@bellwire/client';
import type { Tone } from '../../design/mark.tsx';
import type { Words } from '../../words/words.ts';

type StatusWord = keyof Words['status'];

const TONES: Readonly<Record<StatusWord, Tone>> = {
  succeeded: 'ok',
  failed: 'bad',
  held: 'held',
  canceled: 'idle',
  sending: 'idle',
  pending: 'idle',
  retrying: 'warn',
};

/** A delivery that has failed before and is tried again is not merely waiting. */
export const stateOf = ({ status, attempt_count, last_error }: Delivery): StatusWord =>
  (status === 'pending' || status === 'sending') && attempt_count > 0 && last_error !== null
    ? 'retrying'
    : status;

export const toneOf = (state: StatusWord): Tone => TONES[state];
