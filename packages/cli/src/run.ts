import { BellwireError, coerceError, VERSION } from '@bellwire/server';
import { Command } from 'commander';
import { serveCommand } from './serve.ts';

const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, ' ');

/** Commander's own complaints, in the form of ours. */
const outputError = (text: string): void => {
  process.stderr.write(`bellwire: ${oneLine(text.replace(/^error: /, ''))}\n`);
};

/** Writes one line for a person, and nothing else: a stack helps nobody who mistyped a port. */
const complain = (thrown: unknown): void => {
  const error = coerceError(thrown);
  process.stderr.write(`bellwire: ${oneLine(error.message)}\n`);
  const { cause } = error;
  const isUnknown = !(thrown instanceof BellwireError) && cause instanceof Error;
  if (isUnknown) process.stderr.write(`${cause.stack ?? cause.message}\n`);
};

/** Runs the command line. Ends the process with 0, or with 1 and one line that says what is wrong. */
export const run = async (argv: readonly string[]): Promise<void> => {
  const program = new Command('bellwire')
    .description('Webhooks: signed, delivered, retried, recorded.')
    .version(VERSION)
    .configureOutput({ outputError });
  program.addCommand(serveCommand().copyInheritedSettings(program));
  try {
    await program.parseAsync(argv);
  } catch (thrown) {
    complain(thrown);
    process.exitCode = 1;
  }
};
