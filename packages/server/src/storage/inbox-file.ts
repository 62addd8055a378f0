import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import type { InboxLog } from '../ports/inbox-log.ts';
import type { Log } from '../ports/log.ts';
import { createPrivateFile, createPrivateFolder } from './private-file.ts';

const readLines = async (path: string): Promise<readonly string[]> => {
  try {
    return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** Opens a file of lines in a folder, which is created when it is needed. Errors of reading and writing are logged: the inbox then starts empty, or is lost at the end. */
export const openInboxFile = async (
  { folder, inbox_path: path }: { readonly folder: string; readonly inbox_path: string },
  log: Log,
): Promise<InboxLog> => {
  let writing: Promise<void> = Promise.resolve();
  const warn = (error: unknown): void =>
    log.warn('could not read or write the file of the inbox', { path, reason: String(error) });
  // One write after the other, in the order of the calls.
  const enqueue = (write: () => Promise<void>): void => {
    writing = writing.then(write).catch(warn);
  };
  /** The lines of the next write, until it begins. */
  let next_lines: string[] | null = null;
  const writeNext = (): string[] => {
    const batch: string[] = [];
    enqueue(async () => {
      if (next_lines === batch) next_lines = null;
      // With PostgreSQL, nothing else may have needed the folder.
      createPrivateFolder(folder);
      // Only the owner of the database may read what receivers get.
      createPrivateFile(path);
      await appendFile(path, batch.map((line) => `${line}\n`).join(''));
    });
    return batch;
  };
  const lines = await readLines(path).catch((error: unknown) => {
    warn(error);
    return [];
  });
  return {
    lines,
    append: (line) => {
      next_lines ??= writeNext();
      next_lines.push(line);
    },
    replace: (all) => {
      // Later lines belong after these.
      next_lines = null;
      enqueue(async () => {
        const next = `${path}.new`;
        createPrivateFile(next);
        await writeFile(next, all.map((line) => `${line}\n`).join(''));
        // A crash leaves the old file or the new one, never a part.
        await rename(next, path);
      });
    },
    close: () => writing,
  };
};
