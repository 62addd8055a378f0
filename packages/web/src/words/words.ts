import { createContext, useContext } from 'react';
import { en } from './en.ts';

/** Every text of the pages that the portal shares with the console. */
export type Words = typeof en;

const WordsContext = createContext<Words>(en);

export const WordsProvider = WordsContext.Provider;

export const useWords = (): Words => useContext(WordsContext);
