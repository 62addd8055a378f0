import { expect } from 'vitest';
import type { ListedHook } from '../../../packages/server/src/ports/repositories.ts';
import { type Check, type Kit, NOW } from './kit.ts';

const GRACE_MS = 86_400_000;

/** The maximum number of previous secrets of a hook. */
const MAX_PREVIOUS = 10;

const secretsOf = async (kit: Kit, { id }: ListedHook) => {
  const rows = kit.db.selectFrom('bellwire_secrets').selectAll().where('hook_id', '=', id).orderBy('id');
  return (await rows.execute()).map(({ secret, id: secret_id, expires_at }) => ({
    value: kit.cipher.open(secret, { table: 'bellwire_secrets', column: 'secret', id: secret_id }),
    expires_at,
  }));
};

const rotate = (kit: Kit, { workspace_id, id }: ListedHook, [value, now = NOW]: [string, number?]) =>
  kit.hooks.rotateSecret(workspace_id, id, {
    secret: { id: kit.ids('sec'), value },
    now,
    previous_expires_at: now + GRACE_MS,
  });

const withSecret = (kit: Kit, value = 'first') => kit.hook({ secret: { id: kit.ids('sec'), value } });

export const hookSecrets = (check: Check): void => {
  check('a rotation makes the new secret current and keeps the old one for its grace period', async (kit) => {
    const [hook, other] = [await withSecret(kit), await withSecret(kit)];
    const secret_expiries = [null, NOW + GRACE_MS];
    expect(await rotate(kit, hook, ['second'])).toEqual({ ...hook, secret_expiries });
    expect(await rotate(kit, hook, ['third', NOW + 5])).toEqual({
      ...hook,
      secret_expiries: [null, NOW + 5 + GRACE_MS, NOW + GRACE_MS],
    });
    expect(await secretsOf(kit, hook)).toEqual([
      { value: 'first', expires_at: NOW + GRACE_MS },
      { value: 'second', expires_at: NOW + 5 + GRACE_MS },
      { value: 'third', expires_at: null },
    ]);
    expect(await secretsOf(kit, other)).toEqual([{ value: 'first', expires_at: null }]);
  });

  check('a rotation gives a hook without a secret its first one', async (kit) => {
    const hook = await kit.hook();
    await rotate(kit, hook, ['first']);
    expect(await secretsOf(kit, hook)).toEqual([{ value: 'first', expires_at: null }]);
  });

  check('a rotation without a grace period deletes every older secret', async (kit) => {
    const hook = await withSecret(kit);
    await rotate(kit, hook, ['second']);
    await kit.hooks.rotateSecret(hook.workspace_id, hook.id, {
      secret: { id: kit.ids('sec'), value: 'third' },
      now: NOW,
      previous_expires_at: NOW,
    });
    expect(await secretsOf(kit, hook)).toEqual([{ value: 'third', expires_at: null }]);
  });

  check('a change replaces or removes every secret of one hook', async (kit) => {
    const [hook, other] = [await withSecret(kit), await withSecret(kit)];
    await rotate(kit, hook, ['second']);
    const replace = (value: string | null) =>
      kit.hooks.update(hook.workspace_id, hook.id, {
        secret: value === null ? null : { id: kit.ids('sec'), value },
        updated_at: NOW,
      });
    expect(await replace('third')).toMatchObject({ secret_expiries: [null] });
    expect(await secretsOf(kit, hook)).toEqual([{ value: 'third', expires_at: null }]);
    expect(await replace(null)).toMatchObject({ secret_expiries: [] });
    expect(await secretsOf(kit, hook)).toEqual([]);
    expect(await secretsOf(kit, other)).toEqual([{ value: 'first', expires_at: null }]);
  });

  check('a rotation deletes expired secrets', async (kit) => {
    const hook = await withSecret(kit);
    await rotate(kit, hook, ['second']);
    await rotate(kit, hook, ['third', NOW + GRACE_MS]);
    expect((await secretsOf(kit, hook)).map(({ value }) => value)).toEqual(['second', 'third']);
  });

  check('a hook keeps its ten newest previous secrets, however often it rotates', async (kit) => {
    const hook = await withSecret(kit, 'secret 0');
    for (let n = 1; n <= MAX_PREVIOUS + 3; n += 1) await rotate(kit, hook, [`secret ${n}`]);
    const values = (await secretsOf(kit, hook)).map(({ value }) => value);
    expect(values).toHaveLength(MAX_PREVIOUS + 1);
    expect(values[0]).toBe('secret 3');
    expect(values.at(-1)).toBe('secret 13');
  });

  check('concurrent rotations leave one current secret', async (kit) => {
    const hook = await withSecret(kit);
    await Promise.all(['a', 'b', 'c'].map((value) => rotate(kit, hook, [value])));
    const secrets = await secretsOf(kit, hook);
    expect(secrets).toHaveLength(4);
    expect(secrets.filter(({ expires_at }) => expires_at === null)).toHaveLength(1);
  });

  check('dropping the previous secrets leaves the current one', async (kit) => {
    const [hook, other] = [await withSecret(kit), await withSecret(kit)];
    for (const one of [hook, other]) await rotate(kit, one, ['second']);
    expect(await kit.hooks.dropPreviousSecrets(hook.workspace_id, hook.id, NOW)).toEqual(hook);
    expect(await secretsOf(kit, hook)).toEqual([{ value: 'second', expires_at: null }]);
    expect(await secretsOf(kit, other)).toHaveLength(2);
  });
};
