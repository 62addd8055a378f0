import type { Attempt, Delivery, Hook } from '@bellwire/client';
import { durationText } from '../../design/durations.ts';
import { Notice } from '../../design/notice.tsx';
import { Until } from '../../design/time.tsx';
import { errorText } from './error-text.ts';
import { useWords } from '../../words/words.ts';
import { adviceOn } from './explain.ts';
import { stateOf } from './state.ts';
import { visibleText } from '../../design/visible-text.ts';

interface VerdictProps {
  readonly delivery: Delivery;
  /** The newest attempt. */
  readonly attempt: Attempt | undefined;
  readonly hook: Hook | undefined;
}

/** The maximum of the hook, unless manual retries exceed it. */
const maxOf = ({ number }: Attempt, hook: Hook | undefined): number | null => {
  const max = hook?.max_attempts ?? null;
  return max !== null && number > max ? null : max;
};

const HoldText = ({ hold: { reason, until } }: { readonly hold: NonNullable<Delivery['waits_for']> }) => {
  const words = useWords().delivery;
  return (
    <>
      {words.holds[reason]}
      {until === null ? null : (
        <>
          {' '}
          {words.held_until[reason]} <Until at={until} />.
        </>
      )}
    </>
  );
};

/** What a delivery waits for before its first attempt; nothing for one that is sent when it is due. */
const Hold = ({ delivery: { waits_for } }: Pick<VerdictProps, 'delivery'>) => {
  const words = useWords();
  return waits_for === null ? null : (
    <Notice tone="idle" title={words.status.pending}>
      <HoldText hold={waits_for} /> {words.delivery.nothing_lost}
    </Notice>
  );
};

/** Why a delivery has not succeeded, what to do about it, and what happens next. Nothing for a success. */
export const Verdict = ({ delivery, attempt, hook }: VerdictProps) => {
  const words = useWords();
  const state = stateOf(delivery);
  if (state === 'succeeded') return null;
  if (state === 'pending' && delivery.last_error === null) return <Hold delivery={delivery} />;
  if (state === 'held')
    return (
      <Notice tone="idle" title={words.status.held}>
        {words.advice.held}
      </Notice>
    );
  const title =
    attempt === undefined
      ? words.status[state]
      : `${attempt.response?.status ?? words.status[state]} ${words.delivery.after(durationText(attempt.duration_ms))}, ${words.delivery.attempt_of(attempt.number, maxOf(attempt, hook))}`;
  const advice = attempt === undefined ? null : adviceOn(words, attempt);
  return (
    <Notice tone={state === 'failed' ? 'bad' : state === 'retrying' ? 'warn' : 'idle'} title={title} live>
      <p>
        {visibleText(errorText(words, delivery.last_error ?? ''))} {advice}
      </p>
      {delivery.next_attempt_at === null ? null : (
        <p>
          {delivery.waits_for === null ? (
            <>
              {words.delivery.next_try} <Until at={delivery.next_attempt_at} />.
            </>
          ) : (
            <HoldText hold={delivery.waits_for} />
          )}{' '}
          {words.delivery.nothing_lost}
        </p>
      )}
    </Notice>
  );
};
