import { expect, it } from 'vitest';
import { BellwireError, coerceError, errorTable } from '../../packages/server/src/core/errors.ts';

it('every code has a status that says whose fault it is', () => {
  for (const [code, status] of Object.entries(errorTable)) {
    expect(code).toMatch(/^[a-z\d]+(_[a-z\d]+)*$/u);
    expect([code, status >= 400 && status < 600]).toEqual([code, true]);
  }
});

it('an error carries its status, its issues, when to come back, and its cause', () => {
  const cause = new Error('cause');
  const issues = [{ path: 'a.b', message: 'is wrong' }];
  const error = new BellwireError('overloaded', 'Later.', { issues, retry_after_s: 3, cause });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: 'BellwireError',
    code: 'overloaded',
    status: 503,
    message: 'Later.',
    issues,
    retry_after_s: 3,
    cause,
  });
  expect('cause' in new BellwireError('internal', 'x')).toBe(false);
});

it('an error of ours passes through unchanged, whatever the boundary would have called it', () => {
  const error = new BellwireError('not_found', 'There is no such thing.');
  expect(coerceError(error, 'storage_failed')).toBe(error);
});

it('anything else becomes an error that tells nothing of it, and keeps it as its cause', () => {
  for (const thrown of [new TypeError('secret'), 'secret', { secret: true }, undefined, null]) {
    const error = coerceError(thrown);
    expect(error).toMatchObject({ code: 'internal', status: 500 });
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBe(thrown);
  }
  expect(coerceError(new Error('x'), 'storage_failed')).toMatchObject({
    code: 'storage_failed',
    status: 503,
  });
});
