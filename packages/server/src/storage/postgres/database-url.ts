/** Whether a database URL is that of a PostgreSQL server. */
export const isPostgresUrl = (url: string): boolean => /^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url);

/** The URL without user, password and parameters, for messages. */
export const printableUrl = (url: string): string => {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
};

/** The reason of a failed connection: an AggregateError has a code and no message. */
export const connectionFailure = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown error';
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
};
