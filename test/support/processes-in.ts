import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

const workingFolder = (pid: string): string => {
  try {
    return readlinkSync(join('/proc', pid, 'cwd'));
  } catch {
    return '';
  }
};

/** Ids of the processes that work in a folder. Empty where there is no /proc. */
export const processesIn = (folder: string): readonly string[] => {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && workingFolder(name).startsWith(folder));
};
