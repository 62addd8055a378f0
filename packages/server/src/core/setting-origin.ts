/** Where the value of a setting can come from; `local` is `serve --local`, `code` a program that embeds the server. */
export const settingOrigins = ['default', 'flag', 'environment', 'file', 'local', 'code'] as const;

export type SettingOrigin = (typeof settingOrigins)[number];
