import type { Hook } from '@bellwire/client';
import { AgoWords } from '../../../design/ago-words.tsx';
import { Notice } from '../../../design/notice.tsx';
import { Until } from '../../../design/time.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { errorText } from '../../deliveries/error-text.ts';
import { useWords, type Words } from '../../../words/words.ts';
import { type HookState, stateOfHook } from '../hook-state.ts';

interface Problem {
  readonly tone: 'warn' | 'bad' | 'idle';
  readonly title: string;
  readonly next: string;
}

const problemOf = (words: Words, hook: Hook): Problem | null => {
  const { state: text } = words.hook;
  const { disabled_reason } = hook;
  const all: Readonly<Record<HookState, Problem | null>> = {
    active: null,
    failing: {
      tone: 'warn',
      title: text.failing(words.webhooks.failures(hook.consecutive_failures)),
      next: text.failing_next,
    },
    paused: { tone: 'idle', title: text.paused, next: text.paused_next },
    disabled: {
      tone: 'bad',
      title: text.disabled[disabled_reason ?? 'unknown'],
      next: disabled_reason === 'gone_410' ? text.gone_next : text.disabled_next,
    },
    unvalidated: { tone: 'idle', title: text.unvalidated, next: text.unvalidated_next },
  };
  return all[stateOfHook(hook)];
};

/** Why a webhook does not work, since when, and what to do; nothing for one that does. */
export const StateNotice = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords();
  const problem = problemOf(words, hook);
  return (
    <>
      {problem === null ? null : (
        <Notice tone={problem.tone} title={problem.title}>
          <LastFailure hook={hook} />
          <Breaker hook={hook} />
          <p>{problem.next}</p>
        </Notice>
      )}
      <Risks hook={hook} />
    </>
  );
};

const LastFailure = ({ hook }: { readonly hook: Hook }) => {
  const all = useWords();
  const words = all.hook.state;
  const { last_failure, next_attempt_at, consecutive_failures } = hook;
  if (last_failure === null || consecutive_failures === 0) return null;
  return (
    <p>
      {words.last_failed} <AgoWords at={last_failure.at} />:{' '}
      {visibleText(errorText(all, last_failure.error ?? ''))}{' '}
      {next_attempt_at === null || !hook.active || hook.breaker.state !== 'closed' ? null : (
        <>
          {words.next_retry} <Until at={next_attempt_at} />.
        </>
      )}
    </p>
  );
};

/** Whether deliveries wait for a probe, and when it is sent. */
const Breaker = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook.state;
  const { state, next_probe_at } = hook.breaker;
  if (state === 'closed' || !hook.active) return null;
  return (
    <p>
      {words.breaker}{' '}
      {next_probe_at === null ? (
        words.probing
      ) : (
        <>
          {words.next_probe} <Until at={next_probe_at} />.
        </>
      )}
    </p>
  );
};

/** What makes the webhook unsafe. */
const Risks = ({ hook }: { readonly hook: Hook }) => {
  const words = useWords().hook.state;
  return (
    <>
      {hook.insecure_ssl ? (
        <Notice tone="warn" title={words.insecure}>
          {words.insecure_next}
        </Notice>
      ) : null}
      {hook.secret_state.signing === 'none' ? (
        <Notice tone="warn" title={words.unsigned}>
          {words.unsigned_next}
        </Notice>
      ) : null}
    </>
  );
};
