import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog, DialogActions } from './dialog.tsx';
import { Field } from './field.tsx';

interface ConfirmTypedProps {
  readonly title: string;
  /** What the person must type, such as the id of what is deleted. */
  readonly expected: string;
  readonly action: string;
  readonly busy: string | false;
  /** What happens. */
  readonly children: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks for something that cannot be undone: only the exact text enables the button. */
export const ConfirmTyped = (props: ConfirmTypedProps) => {
  const { title, expected, action, busy, children, onConfirm, onClose } = props;
  const [text, setText] = useState('');
  const is_exact = text.trim() === expected;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (is_exact && busy === false) onConfirm();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        {children}
        <Field
          label={
            <>
              Type <code className="break">{expected}</code> to confirm
            </>
          }
        >
          {(ids) => (
            <input
              {...ids}
              className="input mono"
              autoFocus
              autoComplete="off"
              spellCheck={false}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
        </Field>
        <DialogActions>
          <Button kind="danger" type="submit" disabled={!is_exact} busy={busy}>
            {action}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
};
