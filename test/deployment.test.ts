import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { settingNames, variableOf } from '@bellwire/server';
import { expect, test } from 'vitest';
import { runCommand } from './support/command-line.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const exists = (path: string): boolean => existsSync(new URL(`../${path}`, import.meta.url));

// The parser of the validator of OpenAPI documents, which is a dependency of the tests.
const { parseAllDocuments } = createRequire(import.meta.resolve('@seriousme/openapi-schema-validator'))(
  'yaml',
) as {
  readonly parseAllDocuments: (
    text: string,
    options: object,
  ) => readonly { readonly errors: readonly unknown[]; readonly toJS: () => unknown }[];
};

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read whatever the files contain.
const parse = (path: string): readonly any[] =>
  parseAllDocuments(read(path), { merge: true }).map((document) => {
    expect([path, document.errors]).toEqual([path, []]);
    return document.toJS();
  });

const MAIN = 'packages/cli/src/main.js';
const variables = new Set(settingNames.map(variableOf));

/** The arguments after the program, which must be those of an existing command. */
const expectCommand = async (command: readonly string[]): Promise<void> => {
  const [node, main, ...args] = command;
  expect([node, main]).toEqual(['node', `/app/${MAIN}`]);
  expect(exists(MAIN)).toBe(true);
  expect(await runCommand([...args, '--help'])).toMatchObject({ code: 0 });
};

const expectSettings = (names: readonly string[]): void => {
  const unknown = names.filter((name) => name.startsWith('BELLWIRE_') && !variables.has(name));
  expect(unknown).toEqual([]);
  // Several nodes need the same keys, and a listener that others can reach.
  for (const name of ['database_url', 'api_key', 'encryption_keys', 'host'] as const)
    expect(names).toContain(variableOf(name));
};

const STOP_S = 60;

test('compose.yaml: every setting, command and file in it exists, and nodes have time to stop', async () => {
  const [{ services, volumes }] = parse('compose.yaml');
  expect(Object.keys(services)).toEqual(['postgres', 'migrate', 'node-1', 'node-2', 'proxy']);
  for (const node of ['node-1', 'node-2']) {
    expectSettings(Object.keys(services[node].environment));
    expect(Number.parseInt(services[node].stop_grace_period, 10)).toBeGreaterThan(STOP_S);
    expect(services[node].healthcheck.test).toEqual([
      'CMD',
      'node',
      '-e',
      expect.stringContaining('http://127.0.0.1:4400/readyz'),
    ]);
    expect(services[node]).not.toHaveProperty('command');
  }
  await expectCommand(services.migrate.command);
  // Otherwise nodes would start before the tables exist.
  expect(services['node-1'].depends_on.migrate.condition).toBe('service_completed_successfully');
  const [volume] = services.postgres.volumes[0].split(':');
  expect(Object.keys(volumes)).toEqual([volume]);
  const [caddyfile = ''] = services.proxy.volumes[0].split(':');
  expect(exists(caddyfile)).toBe(true);
  const upstreams = /reverse_proxy (.+) \{/.exec(read(caddyfile))?.[1]?.split(' ');
  expect(upstreams).toEqual(['node-1:4400', 'node-2:4400']);
  expect(read(caddyfile)).toContain('health_uri /readyz');
  // Secrets have no default: without .env, nothing starts.
  for (const name of ['POSTGRES_PASSWORD', 'BELLWIRE_API_KEY', 'BELLWIRE_ENCRYPTION_KEYS'])
    expect(read('compose.yaml')).toMatch(new RegExp(`\\$\\{${name}:\\?`));
});

test('kubernetes.yaml: every setting and command exists, and names, ports and labels agree', async () => {
  const documents = parse('deploy/kubernetes.yaml');
  expect(documents.map(({ kind }) => kind)).toEqual([
    'Deployment',
    'Service',
    'PodDisruptionBudget',
    'Ingress',
  ]);
  const [deployment, service, budget, ingress] = documents;
  const { spec, metadata } = deployment.spec.template;
  const [container] = spec.containers;
  const [migrate] = spec.initContainers;
  await expectCommand(container.command);
  await expectCommand(migrate.command);
  expect(container.command.at(-1)).toBe('serve');
  expect(migrate.command.at(-1)).toBe('db:migrate');
  expectSettings(container.env.map(({ name }: { readonly name: string }) => name));
  expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(STOP_S);
  for (const labels of [
    deployment.spec.selector.matchLabels,
    service.spec.selector,
    budget.spec.selector.matchLabels,
  ])
    expect(labels).toEqual(metadata.labels);
  const [port] = container.ports;
  expect(port).toEqual({ name: 'http', containerPort: 4400 });
  expect(service.spec.ports[0].targetPort).toBe(port.name);
  const [{ backend }] = ingress.spec.rules[0].http.paths;
  expect(backend.service).toEqual({
    name: service.metadata.name,
    port: { name: service.spec.ports[0].name },
  });
  expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
  expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
});

test('the Dockerfile starts the server with the Node version of the repository', async () => {
  const text = read('Dockerfile');
  const [, version = ''] = /^nodeVersion: (\d+)\./m.exec(read('pnpm-workspace.yaml')) ?? [];
  for (const [, image] of text.matchAll(/^FROM (\S+)/gm)) expect(image).toBe(`node:${version}-bookworm-slim`);
  const [, command = '[]'] = /^CMD (.+)$/m.exec(text) ?? [];
  await expectCommand(JSON.parse(command) as readonly string[]);
  for (const [, name = ''] of text.matchAll(/--filter '?(@?[\w/]+)/g)) {
    const [, folder = ''] = /^(?:@bellwire\/)?(\w+)$/.exec(name) ?? [];
    const path = folder === 'bellwire' ? 'packages/cli' : `packages/${folder}`;
    expect((JSON.parse(read(`${path}/package.json`)) as { readonly name: string }).name).toBe(name);
  }
  // Neither secrets nor data of a developer end in the image.
  for (const name of ['.env', '.bellwire', '.git']) expect(read('.dockerignore').split('\n')).toContain(name);
});
