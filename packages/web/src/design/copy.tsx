import { useEffect, useState } from 'react';
import { useWords } from '../words/words.ts';
import { Button } from './button.tsx';

/** `navigator.clipboard` is missing on plain HTTP other than loopback. */
const copy = async (text: string): Promise<boolean> => {
  if (
    'clipboard' in navigator &&
    (await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    ))
  )
    return true;
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
};

const SHOWN_MS = 1_600;

/** Copies a text, and says so. */
export const CopyButton = ({ text, label }: { readonly text: string; readonly label: string }) => {
  const [result, setResult] = useState<'none' | 'copied' | 'failed'>('none');
  useEffect(() => {
    if (result === 'none') return undefined;
    const timer = setTimeout(() => setResult('none'), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [result]);
  const { copied, copy_failed } = useWords().design;
  const words = { none: label, copied, failed: copy_failed };
  return (
    <Button onClick={() => void copy(text).then((done) => setResult(done ? 'copied' : 'failed'))}>
      <span aria-live="polite">{words[result]}</span>
    </Button>
  );
};
