import { BellwireError, type Issue } from '@bellwire/client';

/** Every problem of a field of the input, with paths from the field on. */
export const issuesAt = (error: unknown, path: string): readonly Issue[] =>
  error instanceof BellwireError
    ? error.issues.filter(
        (issue) =>
          issue.path === path || (/^[.[]/.test(issue.path.slice(path.length)) && issue.path.startsWith(path)),
      )
    : [];

/** Whether the error is about fields that the form shows beside them. */
export const isAbout = (error: unknown, paths: readonly string[]): boolean =>
  error instanceof BellwireError &&
  error.issues.length > 0 &&
  error.issues.every(({ path }) =>
    paths.some((known) => path === known || path.startsWith(`${known}.`) || path.startsWith(`${known}[`)),
  );
