import { readArguments } from './arguments.ts';
import { completed, type Plan } from './ask.ts';
import { copyTemplate } from './copy-template.ts';
import { emptyFolder } from './folder.ts';
import { help } from './help.ts';
import { nextSteps } from './next-steps.ts';
import { packageManagerOf } from './package-manager.ts';
import { readCatalog } from './read-catalog.ts';
import { Cancelled, Refusal } from './refusal.ts';
import { runProgram } from './run-program.ts';
import { templateFolder } from './templates-folder.ts';
import { VERSION } from './version.ts';
import { writeHandlers } from './write-handlers.ts';

const install = (plan: Plan, path: string, manager: string): void => {
  if (plan.template === 'express') return runProgram(path, manager, ['install']);
  runProgram(path, 'python3', ['-m', 'venv', '.venv']);
  runProgram(path, '.venv/bin/pip', ['install', '-r', 'requirements.txt']);
};

const makeRepository = (path: string): void => {
  runProgram(path, 'git', ['init', '--quiet']);
  runProgram(path, 'git', ['add', '--all']);
};

const copy = async (plan: Plan, path: string): Promise<void> => {
  try {
    await copyTemplate(templateFolder(plan.template), path, plan.dialect);
  } catch (error) {
    // Only what the file system says is for the person to mend.
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Refusal(
      `${plan.directory} cannot be written: ${error.message}. Name another folder, or make this one writable.`,
      { cause: error },
    );
  }
};

const make = async (argv: readonly string[]): Promise<string> => {
  const given = readArguments(argv, process.stdin.isTTY && process.stdout.isTTY);
  if (given.wants === 'help') return help();
  if (given.wants === 'version') return `${VERSION}\n`;
  // What cannot be is refused before the first question is asked.
  if (given.directory !== undefined) emptyFolder(given.directory);
  const plan = await completed(given);
  const path = emptyFolder(plan.directory);
  const api_key = given.api_key ?? process.env['BELLWIRE_API_KEY'] ?? '';
  const catalog = given.events === undefined ? null : await readCatalog(given.events, api_key);
  await copy(plan, path);
  if (catalog !== null) await writeHandlers(path, plan.template, catalog);
  const manager = packageManagerOf(process.env['npm_config_user_agent']);
  if (plan.install) install(plan, path, manager);
  if (plan.git) makeRepository(path);
  return nextSteps(plan, path, manager);
};

/** Makes a receiver as the command line and the person say. Answers the exit code. */
export const run = async (argv: readonly string[]): Promise<number> => {
  try {
    process.stdout.write(await make(argv));
    return 0;
  } catch (error) {
    if (error instanceof Cancelled) {
      process.stderr.write('create-bellwire: given up; nothing was made.\n');
      return 130;
    }
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`create-bellwire: ${error.message}\n`);
    return 1;
  }
};
