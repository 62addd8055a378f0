const CALL = /^(\d+) +(pwrite64|fsync|fdatasync|write|writev|sendto|sendmsg)\(\d+<([^>]*)>/;
const RESUMED = /^(\d+) +<\.\.\. (fsync|fdatasync) resumed>/;
const ID = /(?:evt|wh)_\w+/g;
const REPLY = /HTTP\/1\.1 (?:201 Created|202 Accepted)/;

/**
 * Reads the output of `strace -f -y -e trace=pwrite64,fsync,fdatasync,write,writev`: checks that a sync of the write-ahead
 * log began after the first write of an event or webhook into it, and ended before each 201 or 202 on a socket.
 */
export const auditSyncs = (trace: string) => {
  const logged = new Set<string>();
  const synced = new Set<string>();
  /** The ids whose 201 or 202 was written to a socket. */
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
    const ids = line.match(ID) ?? [];
    if (call === 'pwrite64' && file.endsWith('-wal')) {
      for (const id of ids) logged.add(id);
    } else if (call?.endsWith('sync') === true && file.endsWith('-wal')) {
      if (line.includes('<unfinished')) syncing.set(pid, [...logged]);
      else end(logged);
    } else if (REPLY.test(line)) {
      const [id = 'a reply without an id'] = ids;
      acknowledged.push(id);
      if (!synced.has(id)) unsynced.push(id);
    }
  }
  return { acknowledged, unsynced };
};
