import { stat } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
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

/** Not every file system knows. */
const freeBytes = async (path: string): Promise<number | null> => {
  try {
    const { bavail, bsize } = await statfs(dirname(path));
    return bavail * bsize;
  } catch {
    return null;
  }
};

/** The sizes of an open database. A database in memory has no files. */
export const readFileSizes = async ({ memory, name }: Database): Promise<FileSizes> => {
  if (memory) return { database: 0, wal: 0, disk_free: null };
  const [database, wal, disk_free] = await Promise.all([
    sizeOf(name),
    sizeOf(`${name}-wal`),
    freeBytes(name),
  ]);
  return { database, wal, disk_free };
};
