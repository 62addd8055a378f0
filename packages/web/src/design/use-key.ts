import { type RefObject, useEffect, useRef } from 'react';

const ownsKeys = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.matches('input, textarea, select, [contenteditable]') || target.closest('dialog') !== null);

/** Calls `action` when the key is pressed alone, outside of inputs and dialogs. */
export const useKey = (key: string, action: (event: KeyboardEvent) => void): void => {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey || ownsKeys(event.target))
        return;
      action(event);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [key, action]);
};

/** A reference to an input that the key `/` focuses. */
export const useSlashKey = (): RefObject<HTMLInputElement | null> => {
  const ref = useRef<HTMLInputElement>(null);
  useKey('/', (event) => {
    event.preventDefault();
    ref.current?.focus();
  });
  return ref;
};
