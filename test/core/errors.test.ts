import { expect, it } from 'vitest';
import { BellwireError, coerceError, errorTable } from '../../packages/server/src/core/errors.ts';

it('every error code has a status of 4xx or 5xx', () => {
  for (const [code, status] of Object.entries(errorTable)) {
    expect(code).toMatch(/^[a-z\d]+(_[a-z\d]+)*$/u);
    expect([code, status >= 400 && status < 600]).toEqual([code, true]);
  }
});

it('an error has the status of its code, and keeps its issues, retry_after_s and cause', () => {
  const options = {
    issues: [{ path: 'a.b', message: 'is wrong' }],
    retry_after_s: 3,
    cause: new Error('cause'),
  };
  const error = new BellwireError('overloaded', 'Later.', options);
  const described = { name: 'BellwireError', code: 'overloaded', status: 503, message: 'Later.' };
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ ...described, ...options });
  expect('cause' in new BellwireError('internal', 'x')).toBe(false);
});

it('a BellwireError passes a boundary unchanged', () => {
  const error = new BellwireError('not_found', 'Not found.');
  expect(coerceError(error, 'storage_failed')).toBe(error);
});

it('any other error is coerced without its message, and kept as the cause', () => {
  for (const thrown of [new TypeError('secret'), 'secret', { secret: true }, undefined, null]) {
    const error = coerceError(thrown);
    expect(error).toMatchObject({ code: 'internal', status: 500 });
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBe(thrown);
  }
  const coerced = { code: 'storage_failed', status: 503 };
  expect(coerceError(new Error('x'), 'storage_failed')).toMatchObject(coerced);
});
