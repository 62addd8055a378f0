import { BellwireError } from '@bellwire/client';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { useWords } from '../words/words.ts';

export const messageOf = (error: unknown): string =>
  error instanceof BellwireError || error instanceof Error ? error.message : String(error);

/** The problem of a field of the input, if that is what the error is about. */
export const issueAt = (error: unknown, path: string): string | undefined =>
  error instanceof BellwireError
    ? error.issues.find((issue) => issue.path === path || issue.path.startsWith(`${path}.`))?.message
    : undefined;

interface FailureProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** A failed call: what happened, and a way to try again. */
export const Failure = ({ error, onRetry }: FailureProps) => {
  const words = useWords().design;
  if (error === null || error === undefined) return null;
  return (
    <Notice tone="bad" live title={messageOf(error)}>
      {onRetry === undefined ? undefined : <Button onClick={onRetry}>{words.try_again}</Button>}
    </Notice>
  );
};
