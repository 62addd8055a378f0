import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { startChild } from '../child.ts';
import { eventsFor, type Hello } from '../event-load.ts';
import { closedLoop } from '../load.ts';
import { allReceived, atRate, measure, withWarmPair } from '../pair.ts';
import type { Row, Scenario } from '../scenario.ts';

const PORT = 46_379;

interface Redis extends AsyncDisposable {
  readonly pid: number;
}

/** Redis of the system, with a log of its own that it syncs every second; null if it is not installed. */
const startRedis = async (folder: string): Promise<Redis | null> => {
  const settings = ['--port', `${PORT}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const args = [...settings, '--appendonly', 'yes', '--appendfsync', 'everysec'];
  const child: ChildProcess = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = new Promise<null>((resolve) => {
    child.once('error', () => resolve(null)).once('exit', () => resolve(null));
  });
  const ready = (async () => {
    let text = '';
    while (!text.includes('Ready to accept connections')) {
      const [chunk] = (await once(child.stdout ?? child, 'data')) as [Buffer];
      text += chunk.toString();
    }
    return child.pid ?? null;
  })();
  const pid = await Promise.race([ready, exited]);
  if (pid === null) return null;
  child.stdout?.resume();
  return {
    pid,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
};

const besideBellwire = async (folder: string, events: number, redis: Redis): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  await withWarmPair(folder, Math.min(events, 20_000), async (pair, load) => {
    const args = [`${PORT}`, `${redis.pid}`, `${pair.receiver.hello.port}`];
    await using queue = await startChild<Hello>('./bullmq-process.ts', args);
    const other = { server: queue, receiver: pair.receiver };
    const other_load = eventsFor(queue);
    const warm = await closedLoop(other_load, Math.min(events, 20_000), 64);
    await allReceived(pair.receiver, warm.sent * 2);
    for (const round of [1, 2]) {
      const peaks = [
        { label: `Bellwire, peak ${round}`, of: pair, with_load: load },
        { label: `BullMQ and Redis, peak ${round}`, of: other, with_load: other_load },
      ];
      for (const { label, of, with_load } of peaks) {
        rows.push(await measure(of, { label, send: () => closedLoop(with_load, events, 64) }));
      }
    }
    const slow = await atRate(pair, load, { rate: 300, seconds: 5 });
    const other_slow = await atRate(other, other_load, { rate: 300, seconds: 5 });
    rows.push({ ...slow, label: `Bellwire, ${slow.label}` });
    rows.push({ ...other_slow, label: `BullMQ and Redis, ${other_slow.label}` });
  });
  return rows;
};

export const bullmq: Scenario = {
  id: 'bullmq',
  about:
    'Beside a sender on BullMQ and Redis, which keeps no record and syncs once a second. Its CPU time and memory include Redis.',
  run: async ({ folder, events, say }) => {
    await using redis = await startRedis(folder);
    if (redis !== null) return await besideBellwire(folder, events, redis);
    say('  skipped: redis-server is not installed (apt-get install redis-server)');
    return [];
  },
};
