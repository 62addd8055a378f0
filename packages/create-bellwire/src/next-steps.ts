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

/** Quotes a text as one word for the shell. */
const quote = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The next steps, in order. */
export const nextSteps = (plan: Plan, path: string, manager: PackageManager): string => {
  const folder = relative(process.cwd(), path);
  const steps = commands(plan, manager);
  const lines = [
    ...(folder === '' ? [] : [`cd ${quote(folder)}`]),
    ...steps.slice(0, -1),
    'set WEBHOOK_SECRET=… in .env (the sender shows the secret when you create the hook; see README.md)',
    ...steps.slice(-1),
  ];
  return `\nCreated a receiver for the dialect ${plan.dialect} in ${folder === '' ? 'this folder' : folder}. Next steps:\n\n${lines.map((line) => `  ${line}\n`).join('')}`;
};
