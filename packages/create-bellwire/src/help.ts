import { dialects, templates } from './choices.ts';

const rows = (entries: readonly (readonly [string, string])[]): string =>
  entries.map(([name, about]) => `  ${name.padEnd(24)}${about}\n`).join('');

export const help = (): string => `create-bellwire [folder] [options]

Creates a webhook receiver that verifies and stores events, and handles each event once.

${rows([
  ['-t, --template <name>', Object.keys(templates).join(' or ')],
  ['-d, --dialect <name>', 'format of the sender (default: standard)'],
  [
    '-e, --events <where>',
    'generate handlers for a catalog (typed in TypeScript): the URL of a Bellwire server, or a JSON file',
  ],
  ['    --api-key <key>', 'API key for that server (or BELLWIRE_API_KEY)'],
  ['    --install', 'install the dependencies; with --no-install, do not ask'],
  ['    --git', 'initialize a git repository; with --no-git, do not ask'],
  ['-y, --yes', 'do not ask (like --no-interactive): express, standard, no install, no git'],
  ['-h, --help   -v, --version', ''],
])}
Templates
${rows(Object.entries(templates).map(([name, { about }]) => [name, about]))}
Dialects
${rows(Object.entries(dialects))}
Creating the receiver downloads nothing. Exit codes: 0 success, 1 refused or failed, 130 canceled.
`;
