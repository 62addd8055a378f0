import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { failure, wrongUsage } from '../frame/command-error.ts';
import type { Shell } from '../frame/shell.ts';
import { isJsonObject, type JsonObject, parseJson } from './parse-json.ts';

/**
 * Reads the input that an argument specifies: `-` is standard input, text that starts like JSON is itself, anything
 * else is a file.
 * @throws CommandError
 */
export const readInput = async (given: string, flag: string, shell: Shell): Promise<string> => {
  if (given === '-') return shell.read();
  if (/^\s*[[{]/.test(given)) return given;
  return readFile(resolve(shell.folder, given), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? wrongUsage(
          `${flag}: there is no file ${given}. Specify a file, - for standard input, or JSON.`,
          error,
        )
      : failure(`${flag}: ${given} cannot be read: ${error.message}`);
  });
};

/** Reads the JSON object that an argument specifies. @throws CommandError */
export const readObject = async (given: string, flag: string, shell: Shell): Promise<JsonObject> => {
  const value = parseJson(await readInput(given, flag, shell), flag);
  if (!isJsonObject(value)) throw wrongUsage(`${flag} must be a JSON object, like {"total": 499}.`);
  return value;
};
