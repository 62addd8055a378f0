import { relative } from 'node:path';
import type { Plan } from './ask.ts';
import type { PackageManager } from './package-manager.ts';

const commands = (plan: Plan, manager: PackageManager): readonly string[] => {
  if (plan.template === 'flask') {
    return [
      ...(plan.install ? [] : ['python3 -m venv .venv && .venv/bin/pip install -r requirements.txt']),
      '.venv/bin/python -m receiver',
    ];
  }
  return [
    ...(plan.install ? [] : [`${manager} install`]),
    manager === 'npm' ? 'npm start' : `${manager} start`,
  ];
};

/** A text as one word of a shell. */
const quote = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** What to do with what was made, in the order to do it in. */
export const nextSteps = (plan: Plan, path: string, manager: PackageManager): string => {
  const folder = relative(process.cwd(), path);
  const [install, start] = [commands(plan, manager).slice(0, -1), commands(plan, manager).at(-1) ?? ''];
  const lines = [
    ...(folder === '' ? [] : [`cd ${quote(folder)}`]),
    ...install,
    'put the secret into .env: WEBHOOK_SECRET=… (the sender shows it when the hook is made; README.md says how)',
    start,
  ];
  return `\nMade a receiver of the dialect ${plan.dialect} in ${folder === '' ? 'this folder' : folder}. Next:\n\n${lines.map((line) => `  ${line}\n`).join('')}`;
};
