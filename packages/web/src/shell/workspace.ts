import { useBrowserLocation } from 'wouter/use-browser-location';

export interface CurrentWorkspace {
  /** Its id; null for the default one of the session. */
  readonly workspace: string | null;
  /** The beginning of its addresses. */
  readonly base: string;
}

/** The workspace that the address names. */
export const useWorkspace = (): CurrentWorkspace => {
  const [path] = useBrowserLocation();
  const [, id] = /^\/w\/(ws_[\w-]+)(?:\/|$)/.exec(path) ?? [];
  return id === undefined ? { workspace: null, base: '' } : { workspace: id, base: `/w/${id}` };
};
