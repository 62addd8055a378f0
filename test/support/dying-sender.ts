import { parentPort } from 'node:worker_threads';
import type { ToSender } from '../../packages/server/src/transport/threaded-transport.ts';

// The sender thread, but for one thing: a request whose id is "die" ends the thread.
await import('../../packages/server/src/sender-thread.ts');
parentPort?.on('message', (message: ToSender) => {
  if (message.kind === 'send' && message.batch.some(({ id }) => id === 'die')) process.exit(1);
});
