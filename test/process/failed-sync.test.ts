import { expect, test } from 'vitest';
import { startServer } from '../support/server-process.ts';
import { noTrace, withFaultySync } from '../support/strace.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

if (noTrace !== null) console.log(`failed syncs are not tested: ${noTrace}`);

/** By thread: each of libuv's threads first syncs without a fault. */
const FAULT = 'error=EIO:when=8+';

test.skipIf(noTrace !== null)(
  'after a failed sync no write succeeds, the process exits with an error, and the next one has every acknowledged event',
  { timeout: 60_000 },
  async () => {
    await using folder = await createTemporaryFolder();
    const acked: string[] = [];
    {
      await using server = await startServer({
        folder: folder.path,
        under: withFaultySync(FAULT, { calls: 'fdatasync' }),
      });
      const answers: string[] = [];
      const send = async (n: number): Promise<void> => {
        try {
          const { status, body } = await server.call('POST', '/v1/events', { type: 'a', data: { n } });
          answers.push(status === 202 ? 'accepted' : String(body.error.code));
          if (status === 202) acked.push(String(body.id));
        } catch {
          answers.push('no answer');
        }
      };
      const change = async (n: number): Promise<void> => {
        const type = { schema: { type: 'object' }, description: `version ${n}` };
        const { status, body } = await server.call('PUT', '/v1/event-types/a', type).catch(() => ({
          status: 0,
          body: { error: { code: 'no answer' } },
        }));
        answers.push(status < 300 && status > 0 ? 'accepted' : String(body.error.code));
      };
      for (let n = 0; n < 200 && !answers.includes('no answer'); n += 1) {
        await Promise.all([send(n), change(n)]);
      }
      const failed = answers.findIndex((answer) => answer !== 'accepted');
      expect(failed).toBeGreaterThan(4);
      // The process may end before it has answered.
      for (const answer of answers.slice(failed)) expect(['storage_broken', 'no answer']).toContain(answer);
      expect(await server.endsWithin(5_000)).toEqual({ code: 1, signal: null });
      expect(server.stderr()).toMatch(/The disk did not confirm .* \(EIO\).*restart/);
    }
    await using server = await startServer({ folder: folder.path });
    const { body } = await server.call('GET', '/v1/events?limit=1000');
    const stored = new Set((body.data as { id: string }[]).map(({ id }) => id));
    expect(acked.filter((id) => !stored.has(id))).toEqual([]);
  },
);
