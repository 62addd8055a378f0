import type { Attempt } from '@bellwire/client';
import { durationText } from '../../design/durations.ts';
import { useWords } from '../../words/words.ts';

type Phase = readonly [name: string, ms: number];

/** The phases that were reached. The first byte is measured from the start, so the earlier phases are subtracted. */
const phasesOf = (attempt: Attempt, names: Readonly<Record<string, string>>): readonly Phase[] => {
  const { timings } = attempt;
  if (timings === null) return [];
  const known: readonly (readonly [string, number | null])[] = [
    ['dns', timings.dns_ms],
    ['connect', timings.connect_ms],
    ['tls', timings.tls_ms],
  ];
  const before = known.reduce((sum, [, ms]) => sum + (ms ?? 0), 0);
  const waiting = Math.max(0, (timings.first_byte_ms ?? timings.total_ms) - before);
  const rest = Math.max(0, timings.total_ms - before - waiting);
  return [...known, ['waiting', waiting] as const, ['rest', rest] as const].flatMap(([name, ms]) =>
    ms === null || ms < 0.05 ? [] : [[names[name] ?? name, ms] as const],
  );
};

/** How long each phase of an attempt took, as a bar and in words. */
export const Timing = ({ attempt }: { readonly attempt: Attempt }) => {
  const words = useWords().delivery;
  const phases = phasesOf(attempt, words.phases);
  const longest = Math.max(...phases.map(([, ms]) => ms));
  return (
    <section aria-label={words.timing}>
      <h3>
        {words.timing}, {durationText(attempt.duration_ms)}
        {attempt.timings?.reused_connection === true ? ` ${words.reused}` : ''}
      </h3>
      {phases.length === 0 ? null : (
        <>
          <div className="timing" aria-hidden="true">
            {phases.map(([name, ms]) => (
              <span
                key={name}
                className={ms === longest ? 'timing-part timing-main' : 'timing-part'}
                style={{ flexGrow: ms }}
              />
            ))}
          </div>
          <p className="quiet">{phases.map(([name, ms]) => `${name} ${durationText(ms)}`).join(', ')}</p>
        </>
      )}
    </section>
  );
};
