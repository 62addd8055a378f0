import { BellwireError, coerceError, VERSION } from '@bellwire/server';
import { Command } from 'commander';
import { serveCommand } from './serve.ts';

/** Writes one line for a person, and nothing else: a stack helps nobody who mistyped a port. */
const complain = (thrown: unknown): void => {
  const error = coerceError(thrown);
  process.stderr.write(`bellwire: ${error.message}\n`);
  const { cause } = error;
  const isUnknown = !(thrown instanceof BellwireError) && cause instanceof Error;
  if (isUnknown) process.stderr.write(`${cause.stack ?? cause.message}\n`);
};

/** Runs the command line. Ends the process with 0, or with 1 and one line that says what is wrong. */
export const run = async (argv: readonly string[]): Promise<void> => {
  const program = new Command('bellwire')
    .description('Webhooks: signed, delivered, retried, recorded.')
    .version(VERSION)
    .addCommand(serveCommand());
  try {
    await program.parseAsync(argv);
  } catch (thrown) {
    complain(thrown);
    process.exitCode = 1;
  }
};
