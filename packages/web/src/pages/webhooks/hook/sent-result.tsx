import type { SendResult } from '@bellwire/client';
import { Link } from 'wouter';
import { Body } from '../../../design/code.tsx';
import { durationText } from '../../../design/durations.ts';
import { Notice } from '../../../design/notice.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { errorText } from '../../deliveries/error-text.ts';
import { useWords } from '../../../words/words.ts';
import { adviceOn } from '../../deliveries/explain.ts';

/** The result of one attempt: its status, what came back, and what to do about a failure. */
export const SentResult = ({ result }: { readonly result: SendResult }) => {
  const words = useWords();
  const { test } = words.hook;
  const { attempt, success, message, delivery_id, response_status } = result;
  const status = response_status === null ? test.no_response : String(response_status);
  const body = attempt?.response?.body ?? null;
  const sent = attempt?.request?.body ?? null;
  return (
    <div className="stack">
      <Notice
        live
        tone={success ? 'ok' : 'bad'}
        title={attempt === null ? message : test.succeeded(status, durationText(attempt.duration_ms))}
      >
        <p>
          {visibleText(errorText(words, message))} {attempt === null ? null : adviceOn(words, attempt)}
        </p>
        <Link href={`/deliveries/${delivery_id}`}>{test.delivery}</Link>
      </Notice>
      {body === null ? null : (
        <Body label={test.response} text={body} truncated={attempt?.response?.body_truncated === true} />
      )}
      {sent === null ? null : <Body label={test.request} text={sent} />}
    </div>
  );
};
