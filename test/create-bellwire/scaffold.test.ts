import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { receiverDialects } from '@bellwire/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPnpm } from '../support/pack.ts';
import { python, pythonWithFlask, skipReason } from '../support/programs.ts';
import { startReceiver } from '../support/receiver.ts';
import { type Scaffolding, startScaffolding } from '../support/scaffolding.ts';

let scaffolding: Scaffolding;

beforeAll(async () => {
  scaffolding = await startScaffolding();
}, 120_000);
afterAll(() => scaffolding[Symbol.asyncDispose]());

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .toSorted();

describe('a scaffolded receiver', () => {
  const root = new URL('../../templates/', import.meta.url);

  it.each([
    ['express', 'receiver-express'],
    ['flask', 'receiver-flask-compat'],
  ])('of %s is the template, file by file, and nothing of the monorepo', async (template, source) => {
    const folder = await scaffolding.scaffold(`files-${template}`, '--template', template, '--dialect', 'q2');
    const tracked = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      cwd: new URL(source, root),
      encoding: 'utf8',
    });
    const wanted = tracked.stdout.trim().split('\n');
    expect(filesBelow(folder)).toEqual([...wanted, '.env'].toSorted());
    for (const name of filesBelow(folder)) {
      const text = readFileSync(join(folder, name), 'utf8');
      expect([name, /catalog:|workspace:|\.\.\/\.\.\/\.\.|packages\//.exec(text)?.[0]]).toEqual([
        name,
        undefined,
      ]);
    }
    for (const name of ['.env', '.env.example'])
      expect(readFileSync(join(folder, name), 'utf8')).toMatch(/^WEBHOOK_DIALECT=q2$/m);
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toMatch(/^\.env$/m);
  });

  it('with --events has a typed handler for each event type of a file and of a server, and compiles', async () => {
    const schema = {
      type: 'object',
      properties: { order: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] } },
      required: ['order'],
    };
    const types = [
      { name: 'order.created', description: 'An order was placed', schema },
      { name: 'Site Plan Change' },
    ];
    for (const { name, ...type } of types) {
      const path = `/v1/event-types/${encodeURIComponent(name)}` as const;
      expect((await scaffolding.server.api(`PUT ${path}`, { description: '', ...type })).status).toBe(200);
    }
    writeFileSync(scaffolding.outside.file('catalog.json'), JSON.stringify(types));
    const key = ['--api-key', 'an-admin-key-of-the-tests-9f3b7c1d'];
    const fromFile = await scaffolding.scaffold('typed-file', '--events', 'catalog.json');
    const fromServer = await scaffolding.scaffold(
      'typed-server',
      '--events',
      scaffolding.server.origin,
      ...key,
    );
    for (const name of ['src/events.ts', 'src/handlers.ts']) {
      const [a, b] = [fromFile, fromServer].map((folder) => readFileSync(join(folder, name), 'utf8'));
      expect(a).toContain('"order.created"');
      expect(b).toContain('"Site Plan Change"');
    }
    runPnpm(['install', '--prefer-offline', '--ignore-workspace'], { cwd: fromServer });
    runPnpm(['run', 'types'], { cwd: fromServer });
    const handlers = join(fromServer, 'src/handlers.ts');
    const wrong = readFileSync(handlers, 'utf8').replace(
      '"order.created": ({ id, type }) =>',
      '"order.created": ({ id, type, data: { ordr: _ } }) =>',
    );
    writeFileSync(handlers, wrong);
    expect(() => runPnpm(['run', 'types'], { cwd: fromServer })).toThrow(/ordr/);
  }, 60_000);

  it.skipIf('missing' in pythonWithFlask)(
    `with --events has a handler for each event in Python too${skipReason(pythonWithFlask)}`,
    async () => {
      const folder = await scaffolding.scaffold(
        'flask-events',
        '--template',
        'flask',
        '--events',
        'catalog.json',
      );
      const check = 'import receiver.handlers as h; print(sorted(h.HANDLERS))';
      const command = 'command' in pythonWithFlask ? pythonWithFlask.command : '';
      const { stdout, stderr } = spawnSync(command, ['-B', '-W', 'error', '-c', check], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect([stdout, stderr]).toEqual(["['Site Plan Change', 'order.created']\n", '']);
    },
  );
});

const refusal = async (...args: readonly string[]): Promise<readonly [number, string]> => {
  const { status, stdout, stderr } = await scaffolding.scaffolder.create(args);
  expect(stdout).toBe('');
  return [status, stderr];
};

describe('the scaffolder', () => {
  it('refuses a folder that is not empty and leaves it unchanged', async () => {
    mkdirSync(scaffolding.outside.file('full'));
    writeFileSync(scaffolding.outside.file('full/mine.txt'), 'mine');
    expect(await refusal('full', '--yes')).toEqual([
      1,
      expect.stringContaining('full is not empty (mine.txt)'),
    ]);
    expect(readdirSync(scaffolding.outside.file('full'))).toEqual(['mine.txt']);
    expect(await refusal('full/mine.txt', '--yes')).toEqual([1, expect.stringContaining('is a file')]);
  });

  it.each([
    [['a', '--template', 'rails'], /--template "rails" is not one of express, flask/],
    [['a', '--dialect', 'morse'], /"morse" is not one of standard, svix/],
    [['a', '--events', 'nowhere.json'], /nowhere\.json cannot be read/],
    [['a', '--events', 'http://127.0.0.1:1'], /cannot be reached/],
    [['a', '--events', 'package/package.json'], /is not a catalog/],
    [['a', '--frobnicate'], /--frobnicate.*See --help/],
    [['a', 'b'], /Specify one folder/],
    [['a', '--dialect'], /argument is ambiguous\. .*\. See --help/],
    [[''], /name of the folder is empty\. Specify a new folder/],
  ])('refuses %j with exit code 1, and makes nothing', async (args, message) => {
    const [status, stderr] = await refusal(...args, '--yes');
    expect([status, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(scaffolding.outside.file('a'))).toBe(false);
  });

  it.each([
    ['express', 'npm'],
    ['flask', 'python3'],
  ])('names the program that is missing to install %s', async (template, program) => {
    const args = [`without-${program}`, '--yes', '--install', '-t', template];
    const { status, stderr } = await scaffolding.scaffolder.create(args, { PATH: '/nonexistent' });
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(`failed: ${program} was not found. Install ${program}, then run it there.\n$`),
    ]);
  });

  it('reports how to proceed when the folder cannot be created', async () => {
    const [status, stderr] = await refusal('x'.repeat(300), '--yes');
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/cannot be written: .*Specify another folder/),
    ]);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('quotes the folder in its next steps for a shell', async () => {
    const name = `it's "$HOME"`;
    const { stdout } = await scaffolding.scaffolder.create([name, '--yes']);
    const [, goThere = ''] = /^ {2}(cd .*)$/m.exec(stdout) ?? [];
    const shell = spawnSync('sh', ['-c', `${goThere} && pwd`], {
      cwd: scaffolding.outside.file('.'),
      encoding: 'utf8',
    });
    expect([shell.stderr, shell.stdout.trim().endsWith(name)]).toEqual(['', true]);
  });

  it('reads every page of a server’s catalog, and writes valid names in Python', async () => {
    const pages = [
      { data: [{ name: 'order.created', description: 'Two\nlines' }], next_cursor: 'two' },
      { data: [{ name: 'import' }, { name: 'im-port' }, { name: 'im.port' }], next_cursor: null },
    ];
    await using catalog = await startReceiver(({ path }) => ({
      body: JSON.stringify(pages[path.includes('cursor=two') ? 1 : 0]),
    }));
    const folder = await scaffolding.scaffold('pages', '-t', 'flask', '--events', catalog.origin);
    const check = 'import ast, sys; [ast.parse(open(name).read()) for name in sys.argv[1:]]';
    const files = ['receiver/handlers.py'];
    if ('command' in python) {
      const { status, stderr } = spawnSync(python.command, ['-c', check, ...files], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([0, '']);
    }
    const handlers = readFileSync(join(folder, 'receiver/handlers.py'), 'utf8');
    for (const name of ['on_order_created', 'on_import', 'on_im_port', 'on_im_port_2'])
      expect(handlers).toContain(`def ${name}(`);
  });

  it('asks for --api-key when the server responds with 401', async () => {
    const [status, stderr] = await refusal('a', '--yes', '--events', scaffolding.server.origin);
    expect([status, stderr]).toEqual([1, expect.stringContaining('--api-key')]);
  });

  it('prints help with every dialect, and its version', async () => {
    const help = await scaffolding.scaffolder.create(['--help']);
    expect(help.status).toBe(0);
    for (const dialect of Object.keys(receiverDialects)) expect(help.stdout).toContain(`  ${dialect} `);
    expect((await scaffolding.scaffolder.create(['-v'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('initializes a git repository on request, without ignored files', async () => {
    const folder = await scaffolding.scaffold('with-git', '--git');
    const { stdout } = spawnSync('git', ['diff', '--cached', '--name-only'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining(['package.json', '.gitignore', '.env.example']),
    );
    expect(stdout.split('\n')).not.toContain('.env');
  });

  it('runs with pnpm dlx from its tarball in the current folder and prints the next steps', () => {
    mkdirSync(scaffolding.outside.file('Here We Are'));
    const cwd = scaffolding.outside.file('Here We Are');
    const printed = runPnpm(
      ['dlx', `file:${scaffolding.scaffolder.tarball}`, '.', '--yes', '-t', 'express', '-d', 'stripe'],
      { cwd },
    );
    expect(printed).toMatch(
      /pnpm install\n.*dialect stripe.*\/webhook\n.*WEBHOOK_SECRET.*\n {2}pnpm start\n$/,
    );
    const { name } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) as { readonly name: string };
    expect(name).toBe('here-we-are');
  }, 60_000);
});
