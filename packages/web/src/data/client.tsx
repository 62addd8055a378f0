import { type Client, createClient } from '@bellwire/client';
import { createContext, useContext } from 'react';

/** How the page authenticates: an API key that it holds in memory, or null for the cookie of its session. */
export interface Access {
  readonly api_key: string | null;
  /** The workspace of an admin; null for the one of the key, or the default one. */
  readonly workspace: string | null;
}

export const openClient = ({ api_key, workspace }: Access): Client =>
  createClient({
    url: location.origin,
    api_key,
    ...(workspace === null ? {} : { workspace }),
    // The page retries by asking the person: a hidden retry would look like a slow server.
    retry: false,
  });

const ClientContext = createContext<Client | null>(null);

export const ClientProvider = ClientContext.Provider;

/** The client of the signed-in person. */
export const useBellwire = (): Client => {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('useBellwire is used outside of a session.');
  return client;
};
