import { once } from 'node:events';
import { createServer } from 'node:http';
import { createApp } from './app.ts';
import { Inbox } from './inbox.ts';
import { log } from './log.ts';
import { fail, settings } from './settings.ts';
import { receiverDialects } from './verify.ts';
import { work } from './worker.ts';

// A handler without an await somewhere: its event counts as handled, and the others must not suffer.
process.on('unhandledRejection', (error) => log('error', 'unhandled_rejection', { error: String(error) }));
// The reader of the log may be gone. That is not a reason to refuse events.
process.stdout.on('error', () => {});
const signal = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);

const { HOST: host, PORT, WEBHOOK_DIALECT: dialect } = settings;
const inbox = new Inbox();
inbox.lock();
// Keeps connections longer than most proxies (60 s), so that it does not close one in use.
const options = { requestTimeout: 30_000, keepAliveTimeout: 75_000 };
const server = createServer(options, createApp(inbox)).listen(PORT, host);
await once(server, 'listening').catch((error: unknown) =>
  fail(`Cannot listen on ${host}:${PORT}: ${String(error)}. Set PORT and HOST to a free address.`),
);
log('info', 'listening', { address: server.address(), path: receiverDialects[dialect].path, dialect });
// Only now: even if the first handler ends the process, requests of the meantime are received.
const stopping = new AbortController();
const working = work(inbox, stopping.signal);

await signal;
setInterval(() => server.closeIdleConnections(), 100);
// The current requests and the current handler may finish, within ten seconds.
setTimeout(() => process.exit(0), 10_000);
stopping.abort();
inbox.emit('wake');
await Promise.all([once(server.close(), 'close'), working]);
process.exit(0);
