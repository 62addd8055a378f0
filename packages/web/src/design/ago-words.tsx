import { agoText, exactTime } from './durations.ts';
import { useNow } from './time.tsx';

/** A time in a sentence: `just now`, `9 min ago`; the exact one on hover. */
export const AgoWords = ({ at }: { readonly at: string }) => {
  const text = agoText(useNow() - Date.parse(at));
  return (
    <time dateTime={at} title={exactTime(at)}>
      {text === 'now' ? 'just now' : `${text} ago`}
    </time>
  );
};
