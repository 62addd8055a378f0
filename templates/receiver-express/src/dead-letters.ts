import { existsSync } from 'node:fs';
import { Inbox } from './inbox.ts';
import { fail, settings } from './settings.ts';

const { INBOX_PATH: path } = settings;
const [verb = 'list', id = '', ...rest] = process.argv.slice(2);
if (rest.length > 0 || !(verb === 'retry' ? id !== '' : verb === 'list' && id === ''))
  fail('Usage: npm run dead-letters [list | retry <id> | retry all]');
if (!existsSync(path)) fail(`There is no inbox at ${path}. Set INBOX_PATH to its path.`);
const inbox = new Inbox();

if (verb === 'list') {
  const columns = ['id', 'type', 'attempts', 'last_error'];
  // As JSON, so that an id or an error cannot control the terminal.
  for (const event of inbox.inState('dead')) process.stdout.write(`${JSON.stringify(event, columns)}\n`);
} else {
  const count = inbox.retry(id);
  if (count === 0 && id !== 'all') fail(`No dead letter has the id ${JSON.stringify(id)}.`);
  process.stdout.write(`Retrying ${count}. A running receiver handles them within a second.\n`);
}
