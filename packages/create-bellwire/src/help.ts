import { dialects, templates } from './choices.ts';

const rows = (entries: readonly (readonly [string, string])[]): string =>
  entries.map(([name, about]) => `  ${name.padEnd(24)}${about}\n`).join('');

export const help = (): string => `create-bellwire [folder] [options]

Makes a webhook receiver that verifies, stores, and then handles each event once.

${rows([
  ['-t, --template <name>', Object.keys(templates).join(' or ')],
  ['-d, --dialect <name>', 'the format that the sender speaks (default: standard)'],
  [
    '-e, --events <where>',
    'write a handler for each event of a catalog: the URL of a Bellwire server, or a JSON file',
  ],
  ['    --api-key <key>', 'for that server (or BELLWIRE_API_KEY)'],
  ['    --install', 'install what it needs; --no-install does not ask'],
  ['    --git', 'make a git repository of it; --no-git does not ask'],
  ['-y, --yes', 'ask nothing (--no-interactive): express, standard, no install, no git'],
  ['-h, --help   -v, --version', ''],
])}
Templates
${rows(Object.entries(templates).map(([name, { about }]) => [name, about]))}
Dialects
${rows(Object.entries(dialects))}
Nothing is downloaded to make it. Exit codes: 0 made, 1 refused, 130 given up.
`;
