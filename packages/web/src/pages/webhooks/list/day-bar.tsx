import type { Stats } from '@bellwire/client';
import { numberText } from '../../../design/locale.ts';
import { useWords } from '../../../words/words.ts';
import { percentText } from './percent.ts';
import { useDayStats } from './use-day-stats.ts';
import './day-bar.css';

type Bucket = Stats['buckets'][number];

const toneOf = ({ succeeded, failed }: Bucket): string =>
  succeeded + failed === 0 ? 'rest' : failed === 0 ? 'ok' : succeeded === 0 ? 'bad' : 'mixed';

/** Each of the last 24 hours as a mark, and how many attempts succeeded. */
export const DayBar = ({ hook_id }: { readonly hook_id: string }) => {
  const words = useWords().webhooks;
  const stats = useDayStats(hook_id);
  if (stats === undefined) return null;
  const { success_rate, succeeded, failed } = stats.total;
  const percent = success_rate === null ? null : percentText(success_rate);
  const summary =
    percent === null ? words.no_attempts : words.day_summary(percent, numberText(succeeded + failed));
  return (
    <span className="day" title={summary}>
      <span className="day-bar" aria-hidden="true">
        {stats.buckets.slice(-24).map((bucket) => (
          <span key={bucket.start} className={`day-hour day-${toneOf(bucket)}`} />
        ))}
      </span>
      <span className={success_rate !== null && success_rate < 0.9 ? 'day-percent strong' : 'day-percent'}>
        {percent ?? '–'}
      </span>
      <span className="hidden">{summary}</span>
    </span>
  );
};
