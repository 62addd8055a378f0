import type { Attempt } from '@bellwire/client';
import { Body } from '../../design/code.tsx';
import { Facts } from '../../design/facts.tsx';
import { Headers } from '../../design/headers.tsx';
import { useWords } from '../../words/words.ts';
import { adviceOn } from './explain.ts';
import { Timing } from './timing.tsx';

/** What came back, or why nothing did. */
export const ResponseTab = ({ attempt }: { readonly attempt: Attempt }) => {
  const words = useWords();
  const { response } = attempt;
  return (
    <div className="stack-wide">
      {response === null ? (
        <p>
          {words.delivery.no_response} {adviceOn(words, attempt)}
        </p>
      ) : (
        <Facts
          facts={[
            [words.delivery.status, response.status],
            ...(attempt.remote_address === null
              ? []
              : [[words.delivery.address, attempt.remote_address] as const]),
          ]}
        />
      )}
      <Timing attempt={attempt} />
      {response === null ? null : (
        <>
          {response.body === null ? (
            <p className="quiet">{words.delivery.payload_removed}</p>
          ) : (
            <Body label={words.delivery.body} text={response.body} truncated={response.body_truncated} />
          )}
          <Headers label={words.delivery.headers} headers={response.headers} />
        </>
      )}
    </div>
  );
};
