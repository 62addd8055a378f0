import { CopyButton } from '../../../design/copy.tsx';
import { useWords } from '../../../words/words.ts';

/** A secret in full, to copy. */
export const SecretValue = ({ secret }: { readonly secret: string }) => {
  const words = useWords().hook.signing;
  return (
    <div className="inline">
      <code className="secret-value break">{secret}</code>
      <CopyButton text={secret} label={words.copy} />
    </div>
  );
};
