import { posix } from 'node:path';

/** Source files by their path below `packages/server/src`. */
export type Sources = ReadonlyMap<string, string>;

interface Import {
  readonly from: string;
  /** A path below `src`, or a package. */
  readonly to: string;
  readonly is_relative: boolean;
  readonly types_only: boolean;
}

/** The files and rooms (with a final `/`) that may import something. `types`: only by `import type`. */
interface Permission {
  readonly may: readonly string[];
  readonly types?: readonly string[];
}

/** The other rooms that each room may import. */
const ROOMS: Readonly<Record<string, Required<Permission>>> = {
  'core/': { may: [], types: [] },
  'dialects/': { may: ['core/'], types: [] },
  'ports/': { may: [], types: ['core/', 'dialects/'] },
  'delivery/': { may: ['core/'], types: ['ports/', 'dialects/'] },
  'admin/': { may: ['core/'], types: ['ports/', 'dialects/', 'delivery/'] },
  'storage/': { may: ['core/'], types: ['ports/'] },
  'transport/': { may: ['core/'], types: ['ports/'] },
  'catalog/': { may: ['core/'], types: ['ports/'] },
  'schedule/': { may: [], types: ['ports/'] },
  'rpc/': { may: ['admin/', 'delivery/', 'core/', 'dialects/'], types: ['ports/'] },
  'http/': { may: ['rpc/', 'core/'], types: ['ports/', 'delivery/', 'admin/'] },
};

/** The files outside the rooms: they assemble the parts, or wrap what the rooms may not use. */
const TOP_LEVEL = new Set([
  'assemble.ts',
  'built-console.ts',
  'clock.ts',
  'config.ts',
  'create-bellwire.ts',
  'databases.ts',
  'durations.ts',
  'index.ts',
  'lifecycle.ts',
  'listen.ts',
  'management.ts',
  'program.ts',
  'verify-inbox.ts',
  'network.ts',
  'schema-thread.ts',
  'sender-thread.ts',
  'log.ts',
  'random.ts',
  'version.ts',
  'heap.ts',
]);

const PACKAGES: Readonly<Record<string, Permission>> = {
  '@bellwire/verify': {
    may: ['dialects/is-signed.ts', 'dialects/explain.ts'],
    types: ['dialects/registry.ts'],
  },
  'better-sqlite3': { may: ['storage/'] },
  kysely: { may: ['storage/'] },
  pg: { may: ['storage/'] },
  undici: { may: ['transport/'] },
  'ipaddr.js': { may: ['transport/'] },
  'lru-cache': {
    may: ['storage/', 'catalog/', 'transport/', 'delivery/scheduler.ts', 'delivery/rate-limits.ts'],
  },
  'node-cron': { may: ['schedule/'] },
  '@trpc/server': {
    may: ['rpc/', 'http/rest.ts', 'http/trpc.ts'],
    types: ['http/routes.ts', 'http/app.ts'],
  },
  hono: { may: ['http/'] },
  '@hono/node-server': { may: ['http/'] },
  ajv: { may: ['catalog/'] },
  'ajv-formats': { may: ['catalog/'] },
  'json-schema-faker': { may: ['catalog/'] },
  zod: { may: ['rpc/', 'config.ts', 'durations.ts'], types: ['http/routes.ts', 'http/rest-input.ts'] },
  pino: { may: ['log.ts'] },
  'pino-pretty': { may: ['log.ts'] },
  'node:tty': { may: ['log.ts'] },
  'prom-client': {
    may: ['http/prom-client.ts', 'http/prom-client-files.d.ts', 'http/process-metrics.ts'],
  },
  'node:crypto': {
    may: [
      'core/signing.ts',
      'storage/cipher.ts',
      'storage/sqlite/check-schema.ts',
      'storage/move/row-sum.ts',
      'transport/client-certificate.ts',
      'random.ts',
      'create-bellwire.ts',
      'built-console.ts',
    ],
  },
  'node:dns': { may: ['transport/'] },
  'node:fs': {
    may: [
      'storage/private-file.ts',
      'storage/key-ring-file.ts',
      'storage/sqlite/database-file.ts',
      'storage/sqlite/file-sizes.ts',
      'storage/sqlite/log-sync.ts',
      'storage/sqlite/page-scrubber.ts',
      'storage/backup.ts',
      'storage/move/run-move.ts',
      'storage/inbox-file.ts',
      'built-console.ts',
    ],
  },
  'node:http': { may: ['http/listen.ts'] },
  'node:net': { may: ['transport/'] },
  'node:path': {
    may: [
      'storage/open-storage.ts',
      'storage/backup.ts',
      'storage/move/run-move.ts',
      'storage/postgres/open-storage.ts',
      'built-console.ts',
      'core/thread-options.ts',
    ],
  },
  'node:module': { may: ['log.ts', 'core/thread-options.ts'] },
  'node:perf_hooks': { may: ['clock.ts'] },
  'node:tls': { may: ['transport/'] },
  'node:url': { may: ['create-bellwire.ts'] },
  'node:util': { may: ['transport/'] },
  'node:v8': {
    may: ['storage/sqlite/read-queue.ts', 'storage/sqlite/read-worker.ts', 'heap.ts'],
  },
  'node:worker_threads': {
    may: [
      'transport/sender-thread.ts',
      'sender-thread.ts',
      'catalog/worker-thread.ts',
      'schema-thread.ts',
      'catalog/sample-worker.ts',
      'storage/sqlite/checkpoint-worker.ts',
      'storage/sqlite/checkpointer.ts',
      'storage/sqlite/read-queue.ts',
      'storage/sqlite/read-worker.ts',
    ],
  },
};

/** Globals of JavaScript and Node, and the one file that may use each. */
const GLOBALS: readonly { readonly name: RegExp; readonly home: string | null; readonly instead: string }[] =
  [
    {
      name: /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)|\bperformance\.now\b/,
      home: 'clock.ts',
      instead: 'take a Clock (ports/), or a `now` as a parameter',
    },
    {
      name: /\bset(?:Timeout|Interval|Immediate)\b|\bAbortSignal\.timeout\b/,
      home: 'clock.ts',
      instead: 'take a Clock (ports/) and use its `after` or `soon`',
    },
    { name: /\bMath\.random\b/, home: 'random.ts', instead: 'take a Random (ports/), or a `roll`' },
    {
      name: /\bprocess\.env\b/,
      home: 'config.ts',
      instead: 'add a setting to config.ts and pass its value in',
    },
    { name: /(?<![/-])\bconsole\.\w/, home: null, instead: 'take a Log (ports/)' },
  ];

/** The code without comments. `//` in a string, as in a URL, follows no space. */
const withoutComments = (source: string): string =>
  source.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');

const FROM = /\b(?<verb>import|export)\s+(?<what>[\w$*\s{},]+?)\s+from\s+['"](?<to>[^'"]+)['"]/g;
const BARE = /\bimport\s*\(?\s*['"](?<to>[^'"]+)['"]/g;

const isTypesOnly = (what: string): boolean => {
  if (/^type\b/.test(what)) return true;
  const names = /^\{([^}]*)\}$/
    .exec(what)?.[1]
    ?.split(',')
    .map((name) => name.trim()) ?? ['*'];
  return names.filter((name) => name !== '').every((name) => name.startsWith('type '));
};

const importsOf = (path: string, source: string): readonly Import[] => {
  const code = withoutComments(source);
  const toImport = (to: string, types_only: boolean): Import => {
    const is_relative = to.startsWith('.');
    return {
      from: path,
      to: is_relative ? posix.join(posix.dirname(path), to) : to,
      is_relative,
      types_only,
    };
  };
  return [
    ...[...code.matchAll(FROM)].map(({ groups }) =>
      toImport(groups!['to']!, isTypesOnly(groups!['what']!.trim())),
    ),
    ...[...code.matchAll(BARE)].map(({ groups }) => toImport(groups!['to']!, false)),
  ];
};

/** `core/`, or the empty string for a top-level file. */
const roomOf = (path: string): string => (path.includes('/') ? `${path.split('/')[0]}/` : '');

const isListed = (path: string, places: readonly string[]): boolean =>
  places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));

const checkDirection = ({ from, to, types_only }: Import): string | null => {
  const [here, there] = [roomOf(from), roomOf(to)];
  // Top-level files assemble the rooms; unlisted ones are reported by `checkPlace`.
  if (here === '' || here === there) return null;
  const rules = ROOMS[here];
  if (rules === undefined) return null;
  if (there === '') {
    return `${from} imports ${to}. A room does not import top-level files: take it as a parameter, assemble.ts passes it in.`;
  }
  if (rules.may.includes(there) || (rules.types.includes(there) && types_only)) return null;
  if (rules.types.includes(there)) {
    return `${from} imports values of ${to}. ${here} may import only types of ${there}: write \`import type\`, or move what both need into core/.`;
  }
  const free = [...rules.may, ...rules.types.map((room) => `${room} (types)`)].join(', ');
  return `${from} imports ${to}. ${here} may import ${free === '' ? 'nothing but itself' : free}: move what both need into core/, or let assemble.ts pass it in.`;
};

const checkPackage = ({ from, to, types_only }: Import): string | null => {
  const name = to
    .split('/')
    .slice(0, to.startsWith('@') ? 2 : 1)
    .join('/');
  const permission = PACKAGES[name];
  if (permission === undefined) {
    return `${from} imports ${name}, which no room may use yet. Decide which one needs it, and list it in test/support/architecture.ts.`;
  }
  const { may, types = [] } = permission;
  if (isListed(from, may) || (types_only && isListed(from, types))) return null;
  const homes = [...may, ...types.map((place) => `${place} (types)`)].join(', ');
  return `${from} imports ${to}, which only ${homes} may: describe what you need as a port (ports/) and implement it there.`;
};

const checkPlace = (path: string): string | null => {
  const room = roomOf(path);
  if (room === '' ? TOP_LEVEL.has(path) : room in ROOMS) return null;
  return room === ''
    ? `${path} is an unlisted top-level file. Move it into a room, or list it in test/support/architecture.ts with a reason.`
    : `${room} is a new room. List in test/support/architecture.ts what it may import and which rooms may import it, and describe it in CONTRIBUTING.md.`;
};

const checkGlobals = (path: string, source: string): readonly string[] =>
  GLOBALS.flatMap(({ name, home, instead }) => {
    const [found] = path === home ? [] : (name.exec(withoutComments(source)) ?? []);
    if (found === undefined) return [];
    return [`${path} uses ${found}, which ${home === null ? 'no file' : `only ${home}`} may: ${instead}.`];
  });

/** The files of one import cycle, with the first one repeated at the end; null when there is none. */
const findCycle = (imports: readonly Import[]): readonly string[] | null => {
  const next = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): readonly string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const { to } of next.get(path) ?? []) {
      const cycle = visit(to, [...trail, path]);
      if (cycle !== null) return cycle;
    }
    done.add(path);
    return null;
  };
  for (const path of next.keys()) {
    const cycle = visit(path, []);
    if (cycle !== null) return cycle;
  }
  return null;
};

/** Every violation of the architecture, one line each, with the remedy. */
export const checkArchitecture = (sources: Sources): readonly string[] => {
  const imports = [...sources].flatMap(([path, source]) => importsOf(path, source));
  const cycle = findCycle(imports.filter(({ is_relative, types_only }) => is_relative && !types_only));
  return [
    ...new Set([...sources.keys()].flatMap((path) => checkPlace(path) ?? [])),
    ...imports.flatMap((one) => (one.is_relative ? checkDirection(one) : checkPackage(one)) ?? []),
    ...[...sources].flatMap(([path, source]) => checkGlobals(path, source)),
    ...(cycle === null
      ? []
      : [`${cycle.join(' → ')} is a cycle: move the shared part into a separate file.`]),
  ];
};
