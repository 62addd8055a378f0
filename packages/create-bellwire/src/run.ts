import { readArguments } from './arguments.ts';
import { completePlan, type Plan } from './ask.ts';
import { copyTemplate } from './copy-template.ts';
import { emptyFolder } from './folder.ts';
import { help } from './help.ts';
import { nextSteps } from './next-steps.ts';
import { packageManagerOf } from './package-manager.ts';
import { readCatalog } from './read-catalog.ts';
import { Cancelled, Refusal } from './refusal.ts';
import type { ReadmeChoices } from './render-readme.ts';
import { runProgram } from './run-program.ts';
import { templateFolder } from './templates-folder.ts';
import { VERSION } from './version.ts';
import { writeHandlers } from './write-handlers.ts';

const install = (plan: Plan, path: string, manager: string): void => {
  if (plan.template === 'express') return runProgram(path, manager, ['install']);
  runProgram(path, 'python3', ['-m', 'venv', '.venv']);
  runProgram(path, '.venv/bin/pip', ['install', '-r', 'requirements.txt']);
};

const initRepository = (path: string): void => {
  runProgram(path, 'git', ['init', '--quiet']);
  runProgram(path, 'git', ['add', '--all']);
};

const copy = async (plan: Plan, path: string, choices: ReadmeChoices): Promise<void> => {
  try {
    await copyTemplate(templateFolder(plan.template), path, choices);
  } catch (error) {
    // Only errors of the file system are the user's to fix.
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Refusal(
      `${plan.directory} cannot be written: ${error.message}. Specify another folder, or make this one writable.`,
      { cause: error },
    );
  }
};

const create = async (argv: readonly string[]): Promise<string> => {
  const args = readArguments(argv, process.stdin.isTTY && process.stdout.isTTY);
  if (args.action === 'help') return help();
  if (args.action === 'version') return `${VERSION}\n`;
  // Refuse an unusable folder before the first prompt.
  if (args.directory !== undefined) emptyFolder(args.directory);
  const plan = await completePlan(args);
  const path = emptyFolder(plan.directory);
  const api_key = args.api_key ?? process.env['BELLWIRE_API_KEY'] ?? '';
  const catalog = args.events === undefined ? null : await readCatalog(args.events, api_key);
  const manager = packageManagerOf(process.env['npm_config_user_agent']);
  const event_type = catalog?.[0]?.name ?? null;
  await copy(plan, path, { dialect: plan.dialect, manager, event_type });
  if (catalog !== null) await writeHandlers(path, plan.template, catalog);
  if (plan.install) install(plan, path, manager);
  if (plan.git) initRepository(path);
  return nextSteps(plan, path, manager);
};

/** Creates a receiver and returns the exit code. */
export const run = async (argv: readonly string[]): Promise<number> => {
  try {
    process.stdout.write(await create(argv));
    return 0;
  } catch (error) {
    if (error instanceof Cancelled) {
      process.stderr.write('create-bellwire: canceled; nothing was created.\n');
      return 130;
    }
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`create-bellwire: ${error.message}\n`);
    return 1;
  }
};
