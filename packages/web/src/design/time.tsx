import { useEffect, useState } from 'react';
import { agoText, exactTime, untilText } from './durations.ts';
import { locale } from './locale.ts';

/** The time of the last tick, shared by all elements of the page, so that one timer serves all. */
const listeners = new Set<(now: number) => void>();
let timer: ReturnType<typeof setInterval> | undefined;

const TICK_MS = 1_000;

const subscribe = (listener: (now: number) => void): (() => void) => {
  listeners.add(listener);
  timer ??= setInterval(() => {
    if (document.hidden) return;
    const now = Date.now();
    for (const each of listeners) each(now);
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
};

/** The current time in milliseconds, updated every second while the page is visible. */
export const useNow = (): number => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => subscribe(setNow), []);
  return now;
};

/** A time relative to now; the exact one on hover. */
export const Ago = ({ at }: { readonly at: string }) => {
  const now = useNow();
  return (
    <time dateTime={at} title={exactTime(at)}>
      {agoText(now - Date.parse(at))}
    </time>
  );
};

/** A time in the future, counted down. */
export const Until = ({ at }: { readonly at: string }) => {
  const now = useNow();
  return (
    <time dateTime={at} title={exactTime(at)}>
      {untilText(Date.parse(at) - now)}
    </time>
  );
};

/** The time of day; the date on hover. */
export const Clock = ({ at }: { readonly at: string }) => (
  <time dateTime={at} title={exactTime(at)}>
    {new Date(at).toLocaleTimeString(locale().times)}
  </time>
);
