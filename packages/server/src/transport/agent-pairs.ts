import { LRUCache } from 'lru-cache';
import type { Agent } from 'undici';
import type { OutboundRequest } from '../ports/transport.ts';

/** `kept` reuses connections; `fresh` opens one for each request. */
export interface AgentPair {
  readonly kept: Agent;
  readonly fresh: Agent;
}

/** How both sides of a TLS connection are authenticated. */
export type Trust = Pick<OutboundRequest, 'insecure_ssl' | 'client_certificate'>;

export interface AgentPairs {
  /** The agents whose connections a request may use. */
  readonly of: (trust: Trust) => AgentPair;
  readonly close: () => Promise<void>;
}

// The idle connections of a certificate that was replaced close by themselves, so that only its agents remain.
const CERTIFICATES_MAX = 1_000;

const closePair = async ({ kept, fresh }: AgentPair): Promise<void> => {
  await Promise.all([kept.close(), fresh.close()]);
};

/** Agents by certificate checks and client certificate: connections that were authenticated differently are never shared. */
export const createAgentPairs = (create: (trust: Trust) => AgentPair): AgentPairs => {
  const anonymous = {
    verified: create({ insecure_ssl: false, client_certificate: null }),
    insecure: create({ insecure_ssl: true, client_certificate: null }),
  };
  const identified = new LRUCache<string, AgentPair>({
    max: CERTIFICATES_MAX,
    // Graceful: requests in flight end first.
    dispose: (pair) => void closePair(pair),
  });
  return {
    of: ({ insecure_ssl, client_certificate }) => {
      if (client_certificate === null) return insecure_ssl ? anonymous.insecure : anonymous.verified;
      const id = `${insecure_ssl ? 'insecure' : 'verified'} ${client_certificate.certificate}`;
      const known = identified.get(id);
      if (known !== undefined) return known;
      const pair = create({ insecure_ssl, client_certificate });
      identified.set(id, pair);
      return pair;
    },
    close: async () => {
      const pairs = [anonymous.verified, anonymous.insecure, ...identified.values()];
      await Promise.all(pairs.map(closePair));
    },
  };
};
