import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';

const STRACE = 'strace';
const SYNCS = 'fsync,fdatasync';

/** The reason why system calls cannot be traced here, or null. */
const whyNoTrace = (): string | null => {
  if (process.platform !== 'linux') return 'strace is a tool of Linux';
  const { error, status, stderr } = spawnSync(STRACE, ['-f', '-e', 'trace=fsync', 'true'], {
    encoding: 'utf8',
  });
  if (error !== undefined) return 'strace is not installed';
  return status === 0 ? null : `strace cannot trace: ${stderr.trim().split('\n').at(-1)}`;
};

/** The reason why system calls cannot be traced here, or null. */
export const noTrace = whyNoTrace();

/** Runs a program under strace. -D makes the tracer a grandchild, so that the child process is the program itself. */
export const underStrace = (args: readonly string[], trace = '/dev/null'): readonly string[] => [
  STRACE,
  '-D',
  '-f',
  ...args,
  '-o',
  trace,
];

interface FaultOptions {
  readonly calls?: string;
  /** A file for the calls. */
  readonly trace?: string;
}

/** Runs a program on a disk whose syncs have a fault, such as `delay_enter=50000` or `error=EIO:when=9+`. */
export const withFaultySync = (fault: string, { calls = SYNCS, trace }: FaultOptions = {}) =>
  underStrace(
    ['--seccomp-bpf', '-qq', '-y', '-e', `trace=${calls}`, '-e', `inject=${calls}:${fault}`],
    trace,
  );

/** The files that a trace of `withFaultySync` shows as synced: by one thread, and by all others. */
export const syncedFiles = (trace: string, thread: number) => {
  const files = { by_thread: new Set<string>(), by_others: new Set<string>() };
  for (const line of trace.split('\n')) {
    const [, by, file = ''] = /^(\d+) +f(?:data)?sync\(\d+<(.*?)>/.exec(line) ?? [];
    if (by !== undefined) files[Number(by) === thread ? 'by_thread' : 'by_others'].add(basename(file));
  }
  return files;
};
