import { createBellwire, listen, readConfig } from '@bellwire/server';

/** A Bellwire in a process of its own, on a database that its parent names; tells its CPU time when it is asked. */
const [, , database = '', api_key = ''] = process.argv;

const config = readConfig({
  port: '0',
  database_url: `file:${database}`,
  api_key,
  allow_networks: '127.0.0.0/8',
  log_level: 'error',
});
const bellwire = await createBellwire(config);
const listening = await listen(bellwire.fetch, config);
await bellwire.start();

process.on('message', (message) => {
  if (message === 'cpu') process.send?.({ cpu_us: process.cpuUsage() });
});
process.on('disconnect', () => {
  void listening
    .close()
    .then(() => bellwire.stop())
    .then(() => process.exit(0));
});
process.send?.({ port: listening.port });
