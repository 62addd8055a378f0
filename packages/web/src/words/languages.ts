import { setLocale } from '../design/locale.ts';
import { en } from './en.ts';
import type { Words } from './words.ts';

/** The languages of the portal. Only the one in use is loaded. */
const LANGUAGES: Readonly<Record<string, () => Promise<Words>>> = {
  en: () => Promise.resolve(en),
  de: async () => (await import('./de.ts')).de,
  es: async () => (await import('./es.ts')).es,
};

/** The first of the wanted languages, such as `de-AT`, that there is; English without any. */
export const languageOf = (wanted: readonly string[]): string =>
  wanted
    .map((tag) => tag.toLowerCase().split('-')[0] ?? '')
    .find((language) => Object.hasOwn(LANGUAGES, language)) ?? 'en';

/** Loads the words of a language, and writes numbers and times in it from now on. */
export const loadLanguage = async (language: string): Promise<Words> => {
  const words = (await LANGUAGES[language]?.()) ?? en;
  setLocale(words.locale);
  return words;
};
