import { relative } from 'node:path';
import type { Plan } from './ask.ts';
import type { PackageManager } from './package-manager.ts';
import { quoteForShell } from './quote.ts';
import { localUrl } from './render-readme.ts';

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

/** The next steps, in order. */
export const nextSteps = (plan: Plan, path: string, manager: PackageManager): string => {
  const folder = relative(process.cwd(), path);
  const steps = commands(plan, manager);
  const lines = [
    ...(folder === '' ? [] : [`cd ${quoteForShell(folder)}`]),
    ...steps.slice(0, -1),
    `at the sender, create a hook with the dialect ${plan.dialect} and the URL ${localUrl(plan.dialect)}`,
    'set WEBHOOK_SECRET=… in .env to the secret of that hook',
    ...steps.slice(-1),
  ];
  return `\nCreated a receiver for the dialect ${plan.dialect} in ${folder === '' ? 'this folder' : folder}. Next steps, with every command in README.md:\n\n${lines.map((line) => `  ${line}\n`).join('')}`;
};
