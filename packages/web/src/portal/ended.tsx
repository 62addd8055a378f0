import { Button } from '../design/button.tsx';
import { useWords } from '../words/words.ts';
import { askForLink, isFramed } from './host.ts';
import { type EndReason, keptReturnUrl } from './use-portal-session.ts';
import './portal.css';

interface EndedProps {
  readonly reason: EndReason;
  /** Tries the link once more, if it was not used. */
  readonly onRetry: (() => void) | undefined;
}

/** Why there is no session, and how to get one. */
export const Ended = ({ reason, onRetry }: EndedProps) => {
  const { portal: words } = useWords();
  const { title, text } = words.ended[reason];
  const return_url = keptReturnUrl();
  return (
    <main className="portal-ended">
      <div className="portal-ended-box stack-wide" role="status">
        <h1>{title}</h1>
        <p>{text}</p>
        {onRetry === undefined ? <p>{isFramed() ? words.next_asked : words.next_open}</p> : null}
        <div className="inline">
          {onRetry === undefined ? null : (
            <Button kind="primary" onClick={onRetry}>
              {words.try_again}
            </Button>
          )}
          {isFramed() ? <Button onClick={askForLink}>{words.ask}</Button> : null}
          {return_url === null ? null : (
            <a className="button" href={return_url} target="_top">
              {words.back}
            </a>
          )}
        </div>
      </div>
    </main>
  );
};
