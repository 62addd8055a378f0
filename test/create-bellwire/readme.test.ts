import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { receiverDialects } from '@bellwire/verify';
import { describe, expect, it } from 'vitest';
import { dialectTable } from '../support/dialect-table.ts';
import { pageOf, readDocPage } from '../support/doc-page.ts';
import { keepForFile } from '../support/running-server.ts';
import { everyReceiver } from '../support/scaffolded-readme.ts';
import { startScaffolding } from '../support/scaffolding.ts';

const scaffolding = await keepForFile(startScaffolding());
const documented = readDocPage('docs/receivers.md').rows('dialect');

/** The README of a new receiver, and what the scaffolder printed. */
const create = async (name: string, args: readonly string[], env = {}) => {
  const { stdout, stderr } = await scaffolding.scaffolder.create([name, '--yes', ...args], env);
  expect(stderr).toBe('');
  const text = readFileSync(join(scaffolding.outside.path, name, 'README.md'), 'utf8');
  return { ...pageOf(text), stdout };
};

/** The names in code, which a README must not take from another dialect. */
const namesOf = (dialect: string): readonly string[] => {
  const row = dialectTable.find((one) => one.dialect === dialect)!;
  const id = documented.find(([name]) => name === dialect)![4] ?? '';
  return [row.signature, ...(id.includes('-') ? [id] : [])].map((name) => name.toLowerCase());
};

const hookIn = (page: string): Readonly<Record<string, unknown>> => {
  const [, body = ''] = /\/v1\/webhooks .*\\\n {2}-d '(.*)'$/m.exec(page) ?? [];
  return JSON.parse(body) as Record<string, unknown>;
};

describe.each(everyReceiver)('the README of a receiver from %s for %s', (template, dialect) => {
  const [, at = '', accepted = '', refused = ''] = documented.find(([name]) => name === dialect)!;
  const path = at.replace('POST ', '');
  const row = dialectTable.find((one) => one.dialect === dialect)!;

  it('has the path, headers, responses and schedule of the dialect, and nothing of another one', async () => {
    const { text, stdout, rows } = await create(`readme-${template}-${dialect}`, [
      '-t',
      template,
      '-d',
      dialect,
    ]);
    expect(text).toContain(`## The dialect \`${dialect}\``);
    expect(text).toContain(`is not \`${path}\``);
    const format = new Map(rows('part').map(([part = '', value = '']) => [part, value]));
    expect([format.get('path'), format.get('accepted'), format.get('refused')]).toEqual([
      path,
      accepted,
      refused,
    ]);
    expect(format.get('signature')).toContain(`the header ${row.signature.toLowerCase()}: `);
    expect(text).toContain(`${row.timeout_ms / 1000} seconds`);
    expect(text).toContain(`${row.delays_ms.length === 5 ? 'five' : 'ten'} times over`);

    const own = namesOf(dialect);
    for (const other of Object.keys(receiverDialects).filter((name) => name !== dialect)) {
      expect(text).not.toMatch(new RegExp(`(?:\`|"|=)${other}(?:\`|"|$)`, 'm'));
      for (const name of namesOf(other).filter((one) => !own.includes(one)))
        expect(text.toLowerCase()).not.toMatch(new RegExp(`\`${name}\``));
    }
    expect(text).not.toMatch(/\{\{\w|undefined|\n\n\n/);
    expect(stdout).toContain(`dialect ${dialect}`);
    expect(stdout).toMatch(new RegExp(`:\\d+${path}\n`));
  });

  it('creates a hook with the dialect, its path, and a secret where Bellwire generates none', async () => {
    const { text } = await create(`hook-${template}-${dialect}`, ['-t', template, '-d', dialect]);
    const hook = hookIn(text);
    expect(hook['dialect']).toBe(dialect);
    expect(hook['events']).toEqual(['*']);
    const { protocol, pathname } = new URL(String(hook['url']));
    expect([protocol, pathname]).toEqual([dialect === 'connect2print' ? 'https:' : 'http:', path]);
    expect('secret' in hook).toBe(row.generated_secret === null);
    expect(text.includes('ed25519')).toBe(row.signature.match(/^(?:webhook|svix)-signature$/) !== null);
    expect(text.includes('/activate')).toBe(dialect === 'casesolved');
    for (const command of text.match(/docker run[^`]*?\n(?=\n|```|docker)/g) ?? [])
      expect(command).toContain('WEBHOOK_DIALECT');
  });
});

it.each([
  ['pnpm/12.21.0 npm/? node/v26', 'pnpm'],
  ['yarn/4.0.0 npm/? node/v26', 'yarn'],
  ['', 'npm'],
])('the README has the commands of the package manager %j', async (npm_config_user_agent, manager) => {
  const { text } = await create(`manager-${manager}`, [], { npm_config_user_agent });
  for (const command of ['install', 'start', 'run dead-letters', 'run test', 'run types'])
    expect(text).toMatch(new RegExp(`(?:^|\`)${manager} ${command}\\b`, 'm'));
});

it.each(['express', 'flask'])(
  'the README of %s sends an event of the catalog in --events',
  async (template) => {
    const types = [{ name: "the owner's order" }, { name: 'user.created' }];
    writeFileSync(scaffolding.outside.file('types.json'), JSON.stringify(types));
    const { text } = await create(`typed-${template}`, ['-t', template, '--events', 'types.json']);
    expect(text).toContain(String.raw`-d '{"event_type": "the owner'\''s order"}'`);
    expect(text).toContain('`handled`');
  },
);
