import { promises as dns } from 'node:dns';

// Preloaded by a server under test: its resolvers ask the DNS server of the test, as if it were that of the machine.
const server = process.env['DNS_SERVER_OF_TEST'] ?? '';
const { Resolver } = dns;

dns.Resolver = class extends Resolver {
  constructor(...options: ConstructorParameters<typeof Resolver>) {
    super(...options);
    this.setServers([server]);
  }
};
