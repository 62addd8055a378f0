import { useSlashKey } from '../../../design/use-key.ts';
import { useWords } from '../../../words/words.ts';

interface HookSearchProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
}

/** Searches while typing. `/` focuses it. */
export const HookSearch = ({ text, onChange }: HookSearchProps) => {
  const words = useWords().webhooks;
  const ref = useSlashKey();
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
