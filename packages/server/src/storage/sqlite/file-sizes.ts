import { stat } from 'node:fs';
import type { Database } from 'better-sqlite3';
import type { FileSizes } from '../../ports/store.ts';

const sizeOf = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    stat(path, (error, stats) => {
      if (error === null) resolve(stats.size);
      else if (error.code === 'ENOENT') resolve(0);
      else reject(error);
    });
  });

/** The sizes of an open database. A database in memory has no files. */
export const readFileSizes = async ({ memory, name }: Database): Promise<FileSizes> => {
  if (memory) return { database: 0, wal: 0 };
  const [database, wal] = await Promise.all([sizeOf(name), sizeOf(`${name}-wal`)]);
  return { database, wal };
};
