import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { type BellwireError, createBellwire, readConfig } from '../../packages/server/src/index.ts';
import { sealedColumns } from '../../packages/server/src/storage/sealed-columns.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const keyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64');
const [K1, K2, K3] = [`k1:${keyOf(1)}`, `k_2:${keyOf(2)}`, `kx2:${keyOf(3)}`];

const open = (folder: TemporaryFolder, encryption_keys: string) =>
  createBellwire(
    readConfig({
      database_url: `file:${folder.file('bellwire.db')}`,
      encryption_keys,
      log_level: 'silent',
      sender_thread: 'false',
    }),
  );

type Open = Awaited<ReturnType<typeof open>>;

const rekeyAll = async ({ system }: Open): Promise<number> => {
  let rekeyed = 0;
  for (let after: string | null = null; ;) {
    const slice: Awaited<ReturnType<typeof system.rekey>> = await system.rekey(
      after === null ? {} : { after },
    );
    expect(slice.unreadable).toEqual([]);
    rekeyed += slice.rekeyed;
    if (slice.next === null) return rekeyed;
    after = slice.next;
  }
};

const keysOf = async ({ system }: Open) =>
  Object.fromEntries(
    (await system.encryptionKeys()).keys.map(({ id, values, is_removable }) => [id, [values, is_removable]]),
  );

const HOOKS = 120;

/** A hook has three encrypted values: a secret, headers and the fingerprint of its creation. */
const addHooks = async ({ hooks }: Open, count: number, of = 'first') => {
  const created = [];
  for (let index = 0; index < count; index += 1) {
    created.push(
      await hooks.create({
        url: 'https://receiver.example.com/',
        events: ['*'],
        headers: { 'X-Token': `token ${index}` },
        idempotency_key: `${of} ${index}`,
      }),
    );
  }
  return created.map(({ id, secret }) => ({ id, secret }));
};

const secretsOf = async ({ hooks }: Open, all: readonly { readonly id: string }[]) =>
  Promise.all(all.map(async ({ id }) => ({ id, secret: (await hooks.revealSecret(id)).secret })));

const refusalOf = (opening: Promise<unknown>): Promise<BellwireError> =>
  opening.then(
    () => Promise.reject(new Error('it was opened')),
    (error: unknown) => error as BellwireError,
  );

it('every value moves to the new key, and the old key can be removed then, not before', async () => {
  await using folder = await createTemporaryFolder();
  let hooks: Awaited<ReturnType<typeof addHooks>>;
  {
    await using first = await open(folder, K1);
    hooks = await addHooks(first, HOOKS);
    expect(await keysOf(first)).toEqual({ k1: [3 * HOOKS, false] });
    expect(await rekeyAll(first)).toBe(0);
  }
  {
    await using second = await open(folder, `${K2},${K1}`);
    expect(await keysOf(second)).toEqual({ k_2: [0, false], k1: [3 * HOOKS, false] });
    await addHooks(second, 1, 'second');
    expect(await keysOf(second)).toEqual({ k_2: [3, false], k1: [3 * HOOKS, false] });
  }
  // The old key is still needed.
  expect(await refusalOf(open(folder, K2))).toMatchObject({
    code: 'wrong_encryption_key',
    message: expect.stringContaining('"k1"'),
  });
  {
    await using third = await open(folder, `${K2},${K1}`);
    // Interrupted after a slice: the next walk begins again, and finds less.
    const { rekeyed } = await third.system.rekey();
    expect(rekeyed).toBeGreaterThan(0);
    expect(await rekeyAll(third)).toBe(3 * HOOKS - rekeyed);
    const audited = (await third.audit.list({ subject: 'k_2' })).data;
    expect(audited.map(({ action }) => action)).toContain('encryption.rekeyed');
    expect(await keysOf(third)).toEqual({ k_2: [3 * HOOKS + 3, false], k1: [0, true] });
    expect(await secretsOf(third, hooks)).toEqual(hooks);
  }
  expect(await refusalOf(open(folder, K1))).toMatchObject({ code: 'wrong_encryption_key' });
  expect(await refusalOf(open(folder, `k_2:${keyOf(9)}`))).toMatchObject({ code: 'wrong_encryption_key' });
  await using last = await open(folder, K2);
  expect(await secretsOf(last, hooks)).toEqual(hooks);
  expect(await keysOf(last)).toEqual({ k_2: [3 * HOOKS + 3, false] });
  // The fingerprints, too: the same creation returns the same hook.
  expect(await addHooks(last, 3)).toEqual(hooks.slice(0, 3));
});

it('a key whose id another one matches as a pattern is another key', async () => {
  await using folder = await createTemporaryFolder();
  {
    await using first = await open(folder, K3);
    await addHooks(first, 2);
  }
  await using second = await open(folder, `${K2},${K3}`);
  expect(await keysOf(second)).toEqual({ k_2: [0, false], kx2: [6, false] });
  expect(await rekeyAll(second)).toBe(6);
});

it('values that cannot be decrypted, such as swapped ones, are reported and keep the old key needed', async () => {
  await using folder = await createTemporaryFolder();
  let hooks: Awaited<ReturnType<typeof addHooks>>;
  {
    await using first = await open(folder, K1);
    hooks = await addHooks(first, 60);
  }
  const database = new Database(folder.file('bellwire.db'));
  const [one, two] = database
    .prepare('select id, secret from bellwire_secrets order by id limit 2')
    .all() as {
    readonly id: string;
    readonly secret: string;
  }[];
  const swap = database.prepare('update bellwire_secrets set secret = ? where id = ?');
  swap.run(two!.secret, one!.id);
  swap.run(one!.secret, two!.id);
  database.close();
  await using second = await open(folder, `${K2},${K1}`);
  await expect(second.hooks.revealSecret(hooks[0]!.id)).rejects.toMatchObject({ code: 'internal' });
  const { rekeyed, unreadable, next } = await second.system.rekey();
  expect([rekeyed, next]).toEqual([178, null]);
  expect(unreadable).toEqual([one, two].map((row) => `bellwire_secrets.secret ${row!.id}`));
  expect(await keysOf(second)).toEqual({ k_2: [178, false], k1: [2, false] });
  await second.stop();
  expect(await refusalOf(open(folder, K2))).toMatchObject({
    code: 'wrong_encryption_key',
    message: expect.stringContaining('"k1"'),
  });
});

it('the columns that rekey knows are those of the schema that are sealed, and no other column has a sealed value', async () => {
  const source = readFileSync(
    new URL('../../packages/server/src/storage/schema.ts', import.meta.url),
    'utf8',
  );
  const tables = new Map(
    [...source.matchAll(/^ {2}(bellwire_\w+): (\w+);$/gm)].map(([, table, name]) => [name, table]),
  );
  const declared = [...source.matchAll(/^interface (\w+) \{([\s\S]*?)^\}/gm)].flatMap(([, name, body = '']) =>
    [...body.matchAll(/^ {2}(\w+): .*\bSealed\b/gm)].map(([, column]) => `${tables.get(name)}.${column}`),
  );
  const known = sealedColumns.map(({ table, column }) => `${table}.${column}`);
  expect(declared.toSorted()).toEqual(known.toSorted());

  await using folder = await createTemporaryFolder();
  {
    await using bellwire = await open(folder, K1);
    await addHooks(bellwire, 1);
  }
  const database = new Database(folder.file('bellwire.db'), { readonly: true });
  const found = new Set<string>();
  for (const table of tables.values()) {
    for (const row of database.prepare(`select * from ${table}`).all() as Record<string, unknown>[]) {
      for (const [column, value] of Object.entries(row)) {
        if (typeof value === 'string' && value.startsWith('k1|')) found.add(`${table}.${column}`);
      }
    }
  }
  database.close();
  expect([...known, 'bellwire_meta.value']).toEqual(expect.arrayContaining([...found]));
  expect(found.size).toBeGreaterThanOrEqual(4);
});
