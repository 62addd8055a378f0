import type { Attempt } from '@bellwire/client';
import { Body } from '../../design/code.tsx';
import { Headers } from '../../design/headers.tsx';
import { visibleText } from '../../design/visible-text.ts';
import { useWords } from '../../words/words.ts';

/** The request exactly as it was sent; only secret header values are hidden. */
export const RequestTab = ({ attempt: { request } }: { readonly attempt: Attempt }) => {
  const words = useWords().delivery;
  if (request === null) return <p className="quiet">{words.no_request}</p>;
  return (
    <div className="stack-wide">
      <p className="mono break">
        <span className="strong">{request.method}</span> {visibleText(request.url)}
      </p>
      <Headers label={words.headers} headers={request.headers} />
      {request.body === null ? (
        <p className="quiet">{words.payload_removed}</p>
      ) : (
        <Body label={words.body} text={request.body} />
      )}
    </div>
  );
};
