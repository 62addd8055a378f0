const CALL = /^(\d+) +(pwrite64|fsync|fdatasync|write|writev|sendto|sendmsg)\(\d+<([^>]*)>/;
const RESUMED = /^(\d+) +<\.\.\. (fsync|fdatasync) resumed>/;
const EVENT_ID = /evt_\w+/g;

/**
 * Reads the output of `strace -f -y -e trace=pwrite64,fsync,fdatasync,write,writev`: checks that the write-ahead log was
 * synced between the first write of an event into it and the 202 on the socket.
 */
export const auditSyncs = (trace: string) => {
  const logged = new Set<string>();
  const synced = new Set<string>();
  /** The ids of the events whose 202 was written to a socket. */
  const acknowledged: string[] = [];
  /** Those whose log page was not yet synced at that moment. */
  const unsynced: string[] = [];
  /** By thread, the events of a sync of the log that has begun and not ended. */
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
