import { expect } from 'vitest';
import type { HookChange } from '../../../packages/server/src/ports/repositories.ts';
import { findHooksAt } from '../../../packages/server/src/storage/repositories/hooks-at.ts';
import { type Check, FIRST_PAGE, idsOf, type Kit, NOW } from './kit.ts';

const HEADERS = { 'X-Tenant': 'acme', Authorization: 'Bearer very-secret' };

const tenantsOf = async (kit: Kit, workspace_id: string) =>
  (await kit.arrange.tenants(workspace_id)).map(({ tenant }) => tenant).toSorted();

const creation = (check: Check): void => {
  check('a hook is returned as it was created, with its header names and a number', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const wanted = kit.newHook(workspace_id, {
      tenant: 'cus_1',
      events: ['order.*', 'Site Plan Change'],
      status: 'unvalidated',
      insecure_ssl: true,
      max_attempts: 3,
      retry_schedule: [0, 60_000],
      timeout_ms: 1_500,
      validated_at: NOW - 1,
      headers: HEADERS,
      secret: { id: 'sec_1', value: 'whsec_1' },
    });
    const { headers: _, secret: __, ...shown } = wanted;
    const expected = {
      ...shown,
      number: expect.any(Number) as number,
      consecutive_failures: 0,
      failing_since: null,
      header_names: ['X-Tenant', 'Authorization'],
      secret_expiries: [null],
      last_failure: null,
      next_attempt_at: null,
      throttle: null,
    };
    const created = (await kit.hooks.create(wanted))!;
    expect(created).toEqual(expected);
    expect(await kit.hooks.get(workspace_id, wanted.id)).toEqual(created);
    expect(await kit.hooks.list(workspace_id, {}, FIRST_PAGE)).toEqual({ data: [created], next: null });
    const next = {
      number: created.number + 1,
      insecure_ssl: false,
      header_names: [],
      client_certificate: null,
    };
    expect(await kit.addHook(workspace_id)).toMatchObject(next);
  });

  check('hooks are found by number in their workspace until they are removed', async (kit) => {
    const [workspace_id, other] = [await kit.arrange.addWorkspace(), await kit.arrange.addWorkspace()];
    const [first, second] = [await kit.addHook(workspace_id), await kit.addHook(workspace_id)];
    const numbers = [second.number, (await kit.addHook(other)).number, first.number, 0, -1, 2 ** 31 - 1];
    const ids = [first, second].map(({ number, id }) => [number, id] as const);
    expect(await kit.hooks.idsOf(workspace_id, numbers)).toEqual(new Map(ids));
    await kit.hooks.remove(workspace_id, first.id, NOW);
    expect(await kit.hooks.idsOf(workspace_id, numbers)).toEqual(new Map(ids.slice(1)));
  });

  check('an idempotency key creates one hook of a tenant, until that is removed', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const key = { idempotency_key: 'k', fingerprint: 'f00' };
    const secret = { id: 'sec_1', value: 'whsec_1' };
    const create = (tenant: string | null, differences = {}) =>
      kit.hooks.create(kit.newHook(workspace_id, { tenant, ...differences }), key);
    const hook = (await create(null, { secret }))!;
    expect(await create(null)).toBe(null);
    const owner = { workspace_id, tenant: null };
    expect(await kit.hooks.ofKey(owner, 'k')).toEqual({ hook, fingerprint: 'f00', secret: 'whsec_1' });
    expect(await kit.hooks.ofKey({ ...owner, tenant: 'cus_1' }, 'k')).toBe(null);
    expect(await kit.hooks.ofKey(owner, 'K')).toBe(null);
    expect(await create('cus_1')).not.toBe(null);
    expect(idsOf(await kit.hooks.list(workspace_id, {}, FIRST_PAGE))).toHaveLength(2);
    const row = await kit.arrange.hook(hook.id);
    expect(row.fingerprint).not.toContain('f00');
    await kit.hooks.remove(workspace_id, hook.id, NOW);
    expect(await kit.hooks.ofKey(owner, 'k')).toBe(null);
    expect(await create(null)).not.toBe(null);
  });

  check('workspaces with hooks for operational events are found, until those hooks end', async (kit) => {
    const hook = await kit.hook({ events: ['a', 'bellwire.hook.*'] });
    const changed = await kit.hook({ events: ['bellwire'] });
    await kit.addHook(hook.workspace_id, { events: ['bellwire.*'] });
    await kit.hook({ events: ['*'] });
    const found = () => kit.hooks.operationalWorkspaces(10);
    expect(await found()).toEqual([hook.workspace_id]);
    const update = (events: readonly string[]) =>
      kit.hooks.update(changed.workspace_id, changed.id, { events, updated_at: NOW });
    await update(['bellwire.disk.low']);
    expect(await found()).toEqual([hook.workspace_id, changed.workspace_id].toSorted());
    expect(await kit.hooks.operationalWorkspaces(1)).toHaveLength(1);
    await update(['*']);
    expect(await found()).toEqual([hook.workspace_id]);
    const { workspace_id, id } = await kit.addHook(changed.workspace_id, { events: ['bellwire.*'] });
    await kit.hooks.remove(workspace_id, id, NOW);
    expect(await found()).toEqual([hook.workspace_id]);
  });

  check('the twins of a hook are live hooks of its tenant with its URL or name', async (kit) => {
    const [one, two] = await kit.addWorkspaces();
    const add = (workspace_id: string, url: string, more = {}) =>
      kit.addHook(workspace_id, { url, name: url, ...more });
    const hook = await add(one, 'https://a.example.com/');
    await add(two, hook.url);
    await add(one, hook.url, { tenant: 'cus_1' });
    await add(one, 'https://b.example.com/', { name: 'other' });
    expect(await kit.hooks.twins(hook)).toEqual({ same_url: null, same_name: null });
    const same = await add(one, hook.url, { name: 'other' });
    const named = await add(one, 'https://c.example.com/', { name: hook.name });
    expect(await kit.hooks.twins(hook)).toEqual({ same_url: same.id, same_name: named.id });
    for (const { id } of [same, named]) await kit.hooks.remove(one, id, NOW);
    expect(await kit.hooks.twins(hook)).toEqual({ same_url: null, same_name: null });
  });

  check('headers and secrets are encrypted at rest, bound to their row', async (kit) => {
    const { id } = await kit.hook({ headers: HEADERS, secret: { id: 'sec_1', value: 'whsec_1' } });
    const { headers } = await kit.arrange.hook(id);
    expect(headers).not.toContain('very-secret');
    expect(kit.cipher.open(headers!, { table: 'bellwire_hooks', column: 'headers', id })).toBe(
      JSON.stringify(HEADERS),
    );
    const secret = await kit.db.selectFrom('bellwire_secrets').selectAll().executeTakeFirstOrThrow();
    expect(secret).toMatchObject({ id: 'sec_1', hook_id: id, created_at: NOW, expires_at: null });
    expect(secret.secret).not.toContain('whsec_1');
    const place = { table: 'bellwire_secrets', column: 'secret', id: 'sec_1' };
    expect(kit.cipher.open(secret.secret, place)).toBe('whsec_1');
  });

  check('the first hook of a tenant creates it, once', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    for (const tenant of ['cus_1', null, '*', 'cus_2', 'cus_1']) await kit.addHook(workspace_id, { tenant });
    await Promise.all([1, 2, 3].map(() => kit.addHook(workspace_id, { tenant: 'cus_3' })));
    expect(await tenantsOf(kit, workspace_id)).toEqual(['cus_1', 'cus_2', 'cus_3']);
  });

  check('a hook that cannot be created leaves nothing behind', async (kit) => {
    const { id, workspace_id } = await kit.hook();
    const again = kit.newHook(workspace_id, { id, tenant: 'cus_1', secret: { id: 'sec_1', value: 'x' } });
    await expect(kit.hooks.create(again)).rejects.toThrow(/unique/i);
    expect(await tenantsOf(kit, workspace_id)).toEqual([]);
    expect(await kit.db.selectFrom('bellwire_secrets').selectAll().execute()).toEqual([]);
    expect(await kit.hooks.get(workspace_id, id)).toMatchObject({ tenant: null });
  });

  check('the list of a tenant has its own hooks, without those of every tenant', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    for (const tenant of ['cus_1', null, '*', 'CUS_1', 'cus_1']) await kit.addHook(workspace_id, { tenant });
    const tenants = async (tenant: string | undefined) =>
      (await kit.hooks.list(workspace_id, { tenant }, FIRST_PAGE)).data.map((hook) => hook.tenant);
    expect(await tenants('cus_1')).toEqual(['cus_1', 'cus_1']);
    expect(await tenants('*')).toEqual(['*']);
    expect(await tenants(undefined)).toHaveLength(5);
  });

  check('a hook with headers that cannot be decrypted is listed without their names', async (kit) => {
    const { id, workspace_id } = await kit.hook({ headers: HEADERS });
    const lost = { headers: 'lost|AAAA|AAAA|AAAA' };
    await kit.db.updateTable('bellwire_hooks').set(lost).where('id', '=', id).execute();
    const { data } = await kit.hooks.list(workspace_id, {}, FIRST_PAGE);
    expect(data).toMatchObject([{ id, header_names: [] }]);
  });
};

const CHANGES: readonly HookChange[] = [
  { name: 'Invoices' },
  { url: 'https://acme.example.com/other' },
  { events: ['invoice.*'] },
  { method: 'PUT', content_type: 'application/x-www-form-urlencoded' },
  { insecure_ssl: true },
  { insecure_ssl: false },
  { ordered: true, order_key: 'order.id' },
  { ordered: false, order_key: null },
  { max_attempts: 5, timeout_ms: 2_000 },
  { max_attempts: null, timeout_ms: null },
  { retry_schedule: [0, 1_000] },
  { retry_schedule: null },
  { validated_at: NOW },
  { status: 'disabled', disabled_reason: 'gone_410' },
  { status: 'active', disabled_reason: null },
];

const change = (check: Check): void => {
  check('an update changes what it names and nothing else', async (kit) => {
    const expected = await kit.hook({ headers: HEADERS });
    const { id, workspace_id } = expected;
    const other = await kit.addHook(workspace_id);
    let updated_at = NOW;
    for (const wanted of CHANGES) {
      updated_at += 1;
      Object.assign(expected, wanted, { updated_at });
      expect(await kit.hooks.update(workspace_id, id, { ...wanted, updated_at })).toEqual(expected);
      expect(await kit.hooks.get(workspace_id, id)).toEqual(expected);
    }
    for (const headers of [{ 'X-New': '1' }, {}]) {
      const updated = await kit.hooks.update(workspace_id, id, { headers, updated_at });
      expect(updated).toMatchObject({ header_names: Object.keys(headers) });
    }
    expect(await kit.hooks.get(workspace_id, other.id)).toEqual(other);
  });

  check('a hook of another workspace does not exist', async (kit) => {
    const { id, workspace_id } = await kit.hook({ secret: { id: 'sec_1', value: 'x' } });
    const stranger = await kit.arrange.addWorkspace();
    const rotation = { secret: { id: 'sec_2', value: 'y' }, now: NOW, previous_expires_at: NOW + 1 };
    expect(await kit.hooks.get(stranger, id)).toBe(null);
    expect(await kit.hooks.update(stranger, id, { name: 'Mine', updated_at: NOW })).toBe(null);
    expect(await kit.hooks.rotateSecret(stranger, id, rotation)).toBe(null);
    expect(await kit.hooks.dropPreviousSecrets(stranger, id, NOW)).toBe(null);
    expect(await kit.hooks.remove(stranger, id, NOW)).toBe(false);
    expect(await kit.hooks.get(workspace_id, id)).toMatchObject({ name: 'Orders' });
    expect(await kit.db.selectFrom('bellwire_secrets').select('id').execute()).toEqual([{ id: 'sec_1' }]);
  });

  check('a removed hook loses its secrets and headers, and cannot be changed', async (kit) => {
    const { id, workspace_id } = await kit.hook({ headers: HEADERS, secret: { id: 'sec_1', value: 'x' } });
    const other = await kit.addHook(workspace_id, { secret: { id: 'sec_2', value: 'y' } });
    expect(await kit.hooks.remove(workspace_id, id, NOW + 1)).toBe(true);
    expect(await kit.hooks.remove(workspace_id, id, NOW + 2)).toBe(false);
    expect(await kit.hooks.get(workspace_id, id)).toBe(null);
    expect(idsOf(await kit.hooks.list(workspace_id, {}, FIRST_PAGE))).toEqual([other.id]);
    const rotation = { secret: { id: 'sec_3', value: 'y' }, now: NOW, previous_expires_at: NOW + 1 };
    expect(await kit.hooks.update(workspace_id, id, { status: 'active', updated_at: NOW + 2 })).toBe(null);
    expect(await kit.hooks.rotateSecret(workspace_id, id, rotation)).toBe(null);
    expect(await kit.hooks.dropPreviousSecrets(workspace_id, id, NOW)).toBe(null);
    expect(await kit.db.selectFrom('bellwire_secrets').select('id').execute()).toEqual([{ id: 'sec_2' }]);
    const removed = { deleted_at: NOW + 1, updated_at: NOW + 1, headers: null, stopping: 'canceled' };
    expect(await kit.arrange.hook(id)).toMatchObject(removed);
  });

  check('a change of a hook is announced before and after its commit, a failed change too', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const wanted = kit.newHook(workspace_id);
    const { id } = wanted;
    const rotation = { secret: { id: 'sec_1', value: 'x' }, now: NOW, previous_expires_at: NOW };
    const changed = { kind: 'hook', workspace_id, hook_id: id };
    for (const work of [
      () => kit.hooks.create(wanted),
      () => kit.hooks.update(workspace_id, id, { name: 'Invoices', updated_at: NOW }),
      () => kit.hooks.rotateSecret(workspace_id, id, rotation),
      () => kit.hooks.dropPreviousSecrets(workspace_id, id, NOW),
      () => kit.hooks.remove(workspace_id, id, NOW),
    ]) {
      expect(await kit.announced(work)).toEqual([changed, changed]);
    }
    const failing = () => expect(kit.hooks.create(wanted)).rejects.toThrow(/unique/i);
    expect(await kit.announced(failing)).toEqual([changed]);
  });
};

const byPath = (check: Check): void => {
  check('hooks are found by the exact path of their URL', async (kit) => {
    const workspace_id = await kit.arrange.addWorkspace();
    const add = async (url: string) => (await kit.addHook(workspace_id, { url })).id;
    const plain = await add('http://127.0.0.1:4400/inbox/a_b');
    const encoded = await add('http://127.0.0.1:4400/inbox/a%20b');
    for (const path of ['/inbox/axb', '/inbox/A_B', '/other/inbox/a_b', '/inbox/a_b?x=1', '/inbox/a20b']) {
      await add(`http://127.0.0.1:4400${path}`);
    }
    const removed = await add('http://127.0.0.1:4400/inbox/a_b');
    await kit.hooks.remove(workspace_id, removed, NOW);
    expect(await findHooksAt(kit.db, '/inbox/a_b')).toEqual([plain]);
    expect(await findHooksAt(kit.db, '/inbox/a%20b')).toEqual([encoded]);
    expect(await findHooksAt(kit.db, '/inbox/a\\')).toEqual([]);
  });
};

export const hooks = (check: Check): void => {
  creation(check);
  change(check);
  byPath(check);
};
