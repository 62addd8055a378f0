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

/** The text of the file with `\n` line endings, as a checkout on Windows may have CRLF; null if it does not exist. */
const readCurrent = async (path: string): Promise<string | null> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw failure(`${path} cannot be read: ${error.message}`);
  });
  return text === null ? null : text.replaceAll('\r\n', '\n');
};

const write = (path: string, text: string): Promise<void> =>
  writeFile(path, text).catch((error: NodeJS.ErrnoException) => {
    throw failure(`${path} cannot be written: ${error.message}`);
  });

/** `bellwire generate` */
export const generate = apiVerb<Fields>({
  usage: 'generate',
  about: "Write the TypeScript types of a server's catalog to a file.",
  more: 'The output depends only on the catalog, so you can commit the file and check it in CI.',
  flags: [
    { flags: '--out <file>', about: `output file, or - for standard output (default: ${DEFAULT_OUT})` },
    { flags: '--check', about: 'write nothing; exit with code 1 if the file is out of date' },
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
    const current = await readCurrent(path);
    const is_same = current === text;
    if (!is_same && check !== true) await write(path, text);
    const state = is_same ? 'unchanged' : check === true ? 'different' : 'written';
    const count = catalog.length;
    const text_of = {
      written: `Wrote ${file}: ${count} event ${count === 1 ? 'type' : 'types'}.`,
      unchanged: `${file} is up to date.`,
      different: '',
    };
    out.print({ file, state, event_types: count }, () => text_of[state]);
    if (state === 'different') {
      throw failure(
        `${file} ${current === null ? 'does not exist' : "differs from the server's catalog"}. Run: bellwire generate --out ${file}`,
      );
    }
  },
});
