import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, statfsSync } from 'node:fs';
import { expect } from 'vitest';

const succeeds = (command: string): boolean => spawnSync('sh', ['-c', command]).status === 0;

const whyNoDisk = (): string | null => {
  if (process.platform !== 'linux') return 'a small file system needs tmpfs, which is part of Linux';
  if (process.getuid?.() !== 0) return 'only root may mount a small file system';
  return succeeds('unshare -m mount -t tmpfs tmpfs /tmp') ? null : 'this root may not mount';
};

/** Why this machine cannot mount a small disk; null if it can. */
export const noDisk = whyNoDisk();

/** The size of the file system. */
export const SMALL_DISK_BYTES = 64 * 1024 * 1024;

/** A small file system. */
export const mountSmallDisk = (path: string): Disposable => {
  mkdirSync(path);
  expect(succeeds(`mount -t tmpfs -o size=${SMALL_DISK_BYTES} tmpfs '${path}'`)).toBe(true);
  return { [Symbol.dispose]: () => expect(succeeds(`umount '${path}'`)).toBe(true) };
};

const CHUNK = Buffer.alloc(64 * 1024, 'x');

/** Appends to a file until about this many bytes of its volume are free; by default, until none are. */
export const fill = (path: string, free_bytes = 0): void => {
  appendFileSync(path, '');
  const freeBytes = (): number => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  for (let size = CHUNK.length; size >= 4096 && freeBytes() > free_bytes;) {
    try {
      appendFileSync(path, CHUNK.subarray(0, size));
    } catch {
      size /= 2;
    }
  }
};
