import type { Words } from '../../words/words.ts';

const STATUS = /^The receiver responded with status (\d+)\.$/;

/** The usual error of a delivery in the language of the page; any other as the server words it. */
export const errorText = (words: Words, error: string): string => {
  const [, status] = STATUS.exec(error) ?? [];
  return status === undefined ? error : words.delivery.responded(status);
};
