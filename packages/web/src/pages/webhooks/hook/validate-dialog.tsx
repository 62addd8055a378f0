import type { Attempt, Hook } from '@bellwire/client';
import { useMutation } from '@tanstack/react-query';
import { useBellwire } from '../../../data/client.tsx';
import { Failure } from '../../../data/errors.tsx';
import { Button } from '../../../design/button.tsx';
import { Body } from '../../../design/code.tsx';
import { Dialog, DialogActions } from '../../../design/dialog.tsx';
import { Notice } from '../../../design/notice.tsx';
import { visibleText } from '../../../design/visible-text.ts';
import { useWords } from '../../../words/words.ts';
import { adviceOn } from '../../deliveries/explain.ts';
import { useHookChanged } from './use-hook-changed.ts';

interface ValidateDialogProps {
  readonly hook: Hook;
  readonly onClose: () => void;
}

const VALIDATION = 'Webhook Validate';

/** Sends a validation, and reads its request. */
const useValidation = (hook_id: string) => {
  const bellwire = useBellwire();
  return useMutation({
    mutationFn: async () => {
      const result = await bellwire.hooks.validate(hook_id);
      const { data } = await bellwire.deliveries.list({ hook_id, event_type: VALIDATION, limit: 1 });
      const [newest] = data;
      const delivery = newest === undefined ? undefined : await bellwire.deliveries.get(newest.id);
      return { ...result, attempt: delivery?.attempts.at(-1) };
    },
  });
};

/** Validates the receiver of a webhook, shows its answer, and activates it after a 2xx. */
export const ValidateDialog = ({ hook, onClose }: ValidateDialogProps) => {
  const words = useWords().hook;
  const bellwire = useBellwire();
  const changed = useHookChanged();
  const validate = useValidation(hook.id);
  const activate = useMutation({
    mutationFn: () => bellwire.hooks.activate(hook.id),
    onSuccess: async () => {
      await changed();
      onClose();
    },
  });
  const is_valid = validate.data?.success === true;
  return (
    <Dialog title={words.validate.title} onClose={() => void changed().then(onClose)}>
      <div className="stack">
        <p>{words.validate.text}</p>
        {validate.data === undefined ? null : (
          <>
            <Verdict {...validate.data} />
            <Answer {...validate.data} />
          </>
        )}
        <Failure error={validate.error ?? activate.error} />
      </div>
      <DialogActions>
        <Button
          kind={is_valid ? 'primary' : 'plain'}
          disabled={!is_valid}
          onClick={() => activate.mutate()}
          busy={activate.isPending && words.activate.running}
        >
          {words.validate.activate}
        </Button>
        <Button
          kind={is_valid ? 'plain' : 'primary'}
          onClick={() => validate.mutate()}
          busy={validate.isPending && words.validate.running}
        >
          {words.validate.button}
        </Button>
        <Button onClick={() => void changed().then(onClose)}>{words.close}</Button>
      </DialogActions>
    </Dialog>
  );
};

interface VerdictProps extends AnswerProps {
  readonly success: boolean;
  readonly outcome: string;
}

interface AnswerProps {
  readonly attempt: Attempt | undefined;
  readonly response_status: number | null;
  readonly response_body: string | null;
}

/** Whether the receiver accepted the validation, or why not. */
const Verdict = ({ success, outcome, response_status, attempt }: VerdictProps) => {
  const words = useWords();
  const { validate } = words.hook;
  if (success) return <Notice live tone="ok" title={validate.ok} />;
  return (
    <Notice live tone="bad" title={validate.failed}>
      {response_status === null
        ? (words.outcomes[outcome as keyof typeof words.outcomes] ?? visibleText(outcome))
        : validate.why(response_status)}{' '}
      {attempt === undefined ? null : adviceOn(words, attempt)}
    </Notice>
  );
};

/** What was sent, and what came back. */
const Answer = ({ attempt, response_status, response_body }: AnswerProps) => {
  const words = useWords().hook.validate;
  const request = attempt?.request ?? null;
  return (
    <>
      {request === null ? null : (
        <section>
          <p className="mono break">
            <span className="strong">{request.method}</span> {visibleText(request.url)}
          </p>
          <Body label={words.request} text={request.body ?? ''} />
        </section>
      )}
      <p>
        {words.status} <span className="strong">{response_status ?? words.nothing}</span>
      </p>
      {response_body === null ? null : <Body label={words.answer} text={response_body} />}
    </>
  );
};
