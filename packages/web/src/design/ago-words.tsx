import { useWords } from '../words/words.ts';
import { agoText, exactTime } from './durations.ts';
import { useNow } from './time.tsx';

const SECOND = 1_000;

/** A time in a sentence: `just now`, `9 min ago`; the exact one on hover. */
export const AgoWords = ({ at }: { readonly at: string }) => {
  const words = useWords().time;
  const ms = useNow() - Date.parse(at);
  return (
    <time dateTime={at} title={exactTime(at)}>
      {ms < SECOND ? words.just_now : words.ago(agoText(ms))}
    </time>
  );
};
