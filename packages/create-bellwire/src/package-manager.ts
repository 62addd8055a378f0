const KNOWN = ['pnpm', 'npm', 'yarn', 'bun'] as const;
export type PackageManager = (typeof KNOWN)[number];

/** The package manager in `npm_config_user_agent` (`pnpm/12.21.0 npm/? node/v26`); npm by default. */
export const packageManagerOf = (userAgent: string | undefined): PackageManager => {
  const name = userAgent?.split('/')[0];
  return KNOWN.find((known) => known === name) ?? 'npm';
};
