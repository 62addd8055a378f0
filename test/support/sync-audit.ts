/** What a trace of a server's system calls says about its acknowledgements. */
export interface SyncAudit {
  /** Ids of the events whose 202 was written to a socket. */
  readonly acknowledged: readonly string[];
  /** Those of them whose log page had not been synced by then. */
  readonly unsynced: readonly string[];
}

const CALL = /^(\d+) +(pwrite64|fsync|fdatasync|write|writev|sendto|sendmsg)\(\d+<([^>]*)>/;
const RESUMED = /^(\d+) +<\.\.\. (fsync|fdatasync) resumed>/;
const EVENT_ID = /evt_\w+/g;

/**
 * Reads what `strace -f -y -e trace=pwrite64,fsync,fdatasync,write,writev` wrote: whether between the first write of
 * an event into the write-ahead log and the 202 on the socket the log was synced.
 */
export const auditSyncs = (trace: string): SyncAudit => {
  const logged = new Set<string>();
  const synced = new Set<string>();
  const acknowledged: string[] = [];
  const unsynced: string[] = [];
  /** Threads that are in a sync of the log which strace has shown to begin, but not to end. */
  const syncing = new Map<string, readonly string[]>();
  const end = (ids: Iterable<string>): void => {
    for (const id of ids) synced.add(id);
  };

  for (const line of trace.split('\n')) {
    const [, resumedBy] = RESUMED.exec(line) ?? [];
    if (resumedBy !== undefined) {
      end(syncing.get(resumedBy) ?? []);
      syncing.delete(resumedBy);
      continue;
    }
    const [, pid = '', call, file = ''] = CALL.exec(line) ?? [];
    const ids = line.match(EVENT_ID) ?? [];
    if (call === 'pwrite64' && file.endsWith('-wal')) {
      for (const id of ids) logged.add(id);
    } else if (call?.endsWith('sync') === true && file.endsWith('-wal')) {
      if (line.includes('<unfinished')) syncing.set(pid, [...logged]);
      else end(logged);
    } else if (line.includes('202 Accepted')) {
      const [id = 'an event without an id'] = ids;
      acknowledged.push(id);
      if (!synced.has(id)) unsynced.push(id);
    }
  }
  return { acknowledged, unsynced };
};
