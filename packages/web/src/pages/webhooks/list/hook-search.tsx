import { useEffect, useRef } from 'react';
import { useWords } from '../../../words/words.ts';
import { isTyping } from '../../deliveries/filter-bar.tsx';

interface HookSearchProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** Searches while typing. `/` focuses it. */
export const HookSearch = ({ text, onChange }: HookSearchProps) => {
  const words = useWords().webhooks;
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      if (event.key !== '/' || isTyping(event.target)) return;
      event.preventDefault();
      ref.current?.focus();
    };
    document.addEventListener('keydown', focus);
    return () => document.removeEventListener('keydown', focus);
  }, []);
  return (
    <div className="search" role="search">
      <input
        ref={ref}
        className="input"
        type="search"
        aria-label={words.search}
        placeholder={words.search}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
};
