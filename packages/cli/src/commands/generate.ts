import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { EventType } from '@bellwire/client';
import { failure } from '../frame/command-error.ts';
import { apiVerb } from '../frame/verb.ts';

interface Fields {
  readonly out?: string;
  readonly check?: boolean;
}

const DEFAULT_OUT = 'bellwire.gen.ts';

/** What stands in the file; null when there is none. */
const readOld = async (path: string): Promise<string | null> => {
  try {
    // A checkout on Windows may have other line ends.
    return (await readFile(path, 'utf8')).replaceAll('\r\n', '\n');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw failure(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const write = async (path: string, text: string): Promise<void> => {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw failure(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
};

type State = 'written' | 'unchanged' | 'different';

const sentences: Readonly<Record<State, (file: string, count: number) => string>> = {
  written: (file, count) => `Wrote ${file}: ${count} event ${count === 1 ? 'type' : 'types'}.`,
  unchanged: (file) => `${file} is as it should be.`,
  // The error says it, with what to do.
  different: () => '',
};

/** `bellwire generate` */
export const generate = apiVerb<Fields>({
  usage: 'generate',
  about: "Write the TypeScript types of a server's catalog into a file.",
  more: 'The same catalog gives the same file, so it can be committed and checked.',
  flags: [
    { flags: '--out <file>', about: `the file (${DEFAULT_OUT}); - prints it` },
    { flags: '--check', about: 'write nothing; exit code 1 when the file is not what it would be' },
  ],
  examples: [
    'generate --url http://127.0.0.1:4400 --out src/bellwire.gen.ts',
    'generate --out src/bellwire.gen.ts --check',
  ],
  run: async ({ eventTypes }, { out: file = DEFAULT_OUT, check }, { out, shell }) => {
    const catalog: EventType[] = [];
    for await (const type of eventTypes.list({ limit: 1000 })) catalog.push(type);
    const { printCatalog } = await import('@bellwire/client/generate');
    const text = printCatalog(catalog);
    if (file === '-') {
      shell.write(text);
      return;
    }
    const path = resolve(shell.folder, file);
    const old = await readOld(path);
    const is_same = old === text;
    if (!is_same && check !== true) await write(path, text);
    const state: State = is_same ? 'unchanged' : check === true ? 'different' : 'written';
    out.answer({ file, state, event_types: catalog.length }, () => sentences[state](file, catalog.length));
    if (state === 'different') {
      throw failure(
        `${file} ${old === null ? 'does not exist' : "is not what the server's catalog says"}. Run: bellwire generate --out ${file}`,
      );
    }
  },
});
