import type { Database } from 'better-sqlite3';

/**
 * Writes the first commit of a write-ahead log that has restarted, without a change. SQLite syncs the new header of the
 * log before this commit, and nothing before a later one, so that no other commit waits for the disk.
 */
export const beginLog = (raw: Database): void => {
  // A page that the scrubber has changed since must not be written from the cache.
  raw.pragma('shrink_memory');
  const version = Number(raw.pragma('user_version', { simple: true }));
  raw.pragma(`user_version = ${version}`);
};
