// Preloaded into a server: writes the URL of each module that it loads, and of each worker that it starts, to a file.
import { appendFileSync } from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

const { LOADS_FILE = '' } = process.env;
const record = (kind, url) => appendFileSync(LOADS_FILE, `${kind} ${url}\n`);

registerHooks({
  load: (url, context, next) => {
    record('module', url);
    return next(url, context);
  },
});

const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(url, options) {
    record('worker', url);
    super(url, options);
  }
};
syncBuiltinESMExports();
