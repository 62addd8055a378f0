import type { Attempt, DeliveryWithAttempts } from '@bellwire/client';
import { Failure } from '../../data/errors.tsx';
import { Button } from '../../design/button.tsx';
import { durationText } from '../../design/durations.ts';
import { Clock } from '../../design/time.tsx';
import { useWords, type Words } from '../../words/words.ts';
import type { Attempts } from './use-attempts.ts';

const resultOf = (words: Words, { outcome, response }: Attempt): string =>
  response === null
    ? (words.outcomes[outcome as keyof Words['outcomes']] ?? outcome)
    : String(response.status);

interface TimelineProps extends Pick<Attempts, 'attempts' | 'earlier'> {
  readonly delivery: DeliveryWithAttempts;
}

/** The attempts in order, and when the next one is due. */
export const Timeline = ({ delivery, attempts, earlier }: TimelineProps) => {
  const words = useWords();
  const { attempt_count, waits_for } = delivery;
  // A delivery that is held back is not sent when it is due.
  const next_attempt_at = waits_for === null ? delivery.next_attempt_at : waits_for.until;
  if (attempts.length === 0 && next_attempt_at === null) return null;
  return (
    <section className="stack" aria-label={words.delivery.timeline}>
      <h3>{words.delivery.timeline}</h3>
      {earlier === undefined ? null : <Button onClick={earlier}>{words.delivery.earlier}</Button>}
      <ol>
        {attempts.map((attempt) => (
          <li key={attempt.id} className="timeline-row">
            <span className="quiet number">{attempt.number}</span>
            <Clock at={attempt.started_at} />
            <span>{resultOf(words, attempt)}</span>
            <span className="quiet">{durationText(attempt.duration_ms)}</span>
          </li>
        ))}
        {next_attempt_at === null ? null : (
          <li className="timeline-row mark-warn">
            <span className="quiet number">{attempt_count + 1}</span>
            <Clock at={next_attempt_at} />
            <span>{words.delivery.next_retry}</span>
          </li>
        )}
      </ol>
    </section>
  );
};

interface AttemptsTabProps extends Attempts {
  readonly selected: number;
  readonly onSelect: (number: number) => void;
}

/** Chooses the attempt that the other tabs show. */
export const AttemptsTab = ({ attempts, earlier, error, selected, onSelect }: AttemptsTabProps) => {
  const words = useWords();
  return (
    <div className="stack">
      <Failure error={error} />
      {earlier === undefined ? null : <Button onClick={earlier}>{words.delivery.earlier}</Button>}
      <ol>
        {attempts.map((attempt) => (
          <li key={attempt.id}>
            <button
              type="button"
              className="attempt-button timeline-row"
              aria-pressed={attempt.number === selected}
              onClick={() => onSelect(attempt.number)}
            >
              <span className="quiet number">{attempt.number}</span>
              <Clock at={attempt.started_at} />
              <span>
                {resultOf(words, attempt)} <span className="quiet">{words.triggers[attempt.trigger]}</span>
              </span>
              <span className="quiet">{durationText(attempt.duration_ms)}</span>
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
};
