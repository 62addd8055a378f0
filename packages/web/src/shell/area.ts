import { createContext, useContext } from 'react';

/** The frame of the pages: the console, or the portal of one customer. */
export interface Area {
  /** Whether the pages, fields and links of the operator are absent. */
  readonly is_portal: boolean;
  /** Whether nothing can be changed. */
  readonly read_only: boolean;
  /** The end of the title of a tab. */
  readonly brand: string;
  /** The workspace of the session; null for the one of the address. */
  readonly workspace_id: string | null;
  /** The wire format of new webhooks; null for the one of the workspace. */
  readonly dialect: string | null;
}

/** The console. */
export const CONSOLE: Area = {
  is_portal: false,
  read_only: false,
  brand: 'Bellwire',
  workspace_id: null,
  dialect: null,
};

const AreaContext = createContext<Area>(CONSOLE);

export const AreaProvider = AreaContext.Provider;

export const useArea = (): Area => useContext(AreaContext);
