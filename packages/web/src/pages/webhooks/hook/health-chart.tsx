import type { Stats } from '@bellwire/client';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { durationText } from '../../../design/durations.ts';
import { locale, numberText } from '../../../design/locale.ts';
import { useWords } from '../../../words/words.ts';
import { chartOptions, dataOf } from './chart-options.ts';

const subscribe = (onChange: () => void): (() => void) => {
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
};

const useTheme = (): string =>
  useSyncExternalStore(subscribe, () => document.documentElement.dataset['theme'] ?? '');

/** Succeeded and failed attempts as bars, and p95 as a line. The bucket below the pointer is described in words. */
export const HealthChart = ({ stats }: { readonly stats: Stats }) => {
  const words = useWords().hook.health;
  const theme = useTheme();
  const element = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => {
    const place = element.current;
    if (place === null) return undefined;
    const options = chartOptions(stats, place.clientWidth, setAt);
    const chart = new uPlot(options, dataOf(stats), place);
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: place.clientWidth, height: options.height }),
    );
    observer.observe(place);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
    // The colors are read when the chart is drawn.
  }, [stats, theme]);
  const bucket = at === null ? undefined : stats.buckets[at];
  return (
    <div aria-hidden="true">
      <div ref={element} />
      <p className="health-hover quiet">
        {bucket === undefined
          ? null
          : words.bucket({
              time: new Date(bucket.start).toLocaleString(locale().times, {
                dateStyle: 'medium',
                timeStyle: 'short',
              }),
              succeeded: numberText(bucket.succeeded),
              failed: numberText(bucket.failed),
              p95: bucket.latency.p95_ms === null ? '–' : durationText(bucket.latency.p95_ms),
            })}
      </p>
    </div>
  );
};
