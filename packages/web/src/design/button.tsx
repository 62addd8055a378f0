import type { ButtonHTMLAttributes, ReactNode } from 'react';
import './button.css';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'primary' | 'plain' | 'danger' | 'bare';
  /** The words shown while the action runs. The button is then disabled. */
  readonly busy?: string | false | undefined;
  readonly children: ReactNode;
}

/** A button. Only the main action of a page or dialog is `primary`. */
export const Button = ({ kind = 'plain', busy = false, children, className = '', ...rest }: ButtonProps) => (
  <button
    type="button"
    {...rest}
    className={`button button-${kind} ${className}`}
    disabled={rest.disabled === true || busy !== false}
    aria-busy={busy !== false}
  >
    {busy === false ? children : busy}
  </button>
);
