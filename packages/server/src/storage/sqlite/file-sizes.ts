import { stat, statfs } from 'node:fs';
import type { Database } from 'better-sqlite3';
import type { FileSizes, VolumeSpace } from '../../ports/store.ts';

const sizeOf = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    stat(path, (error, stats) => {
      if (error === null) resolve(stats.size);
      else if (error.code === 'ENOENT') resolve(0);
      else reject(error);
    });
  });

const volumeOf = (path: string): Promise<VolumeSpace> =>
  new Promise((resolve, reject) => {
    statfs(path, (error, stats) => {
      if (error === null) {
        const { bsize, blocks, bavail } = stats;
        resolve({ free_bytes: bavail * bsize, total_bytes: blocks * bsize });
      } else reject(error);
    });
  });

/** The sizes of an open database. A database in memory has none. */
export const readFileSizes = async ({ memory, name }: Database): Promise<FileSizes> => {
  if (memory) return { database: 0, wal: 0, volume: null };
  const [database, wal, volume] = await Promise.all([sizeOf(name), sizeOf(`${name}-wal`), volumeOf(name)]);
  return { database, wal, volume };
};
