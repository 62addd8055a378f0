import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export type RecordType = 'A' | 'AAAA';

/** A scripted reply: addresses of the requested type, a DNS error, or no reply. */
export type DnsReply =
  | { readonly addresses: readonly string[]; readonly ttl?: number }
  | { readonly rcode: 'SERVFAIL' | 'NXDOMAIN' | 'REFUSED' }
  | 'hang';

/** `nth` counts the questions for this name and type from 1. */
export type DnsScript = (type: RecordType, nth: number) => DnsReply;

const TYPES: ReadonlyMap<number, RecordType> = new Map([
  [1, 'A'],
  [28, 'AAAA'],
]);
const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;

const readQuestion = (query: Buffer): { name: string; type: RecordType | undefined; end: number } => {
  const labels: string[] = [];
  let at = 12;
  while (query[at]! > 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
    at += 1 + query[at]!;
  }
  return { name: labels.join('.').toLowerCase(), type: TYPES.get(query.readUInt16BE(at + 1)), end: at + 5 };
};

const addressBytes = (address: string): Buffer => {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const bytes = Buffer.alloc(16);
  [...left, ...zeros, ...right].forEach((part, i) => bytes.writeUInt16BE(Number.parseInt(part, 16), i * 2));
  return bytes;
};

const writeRecord = (address: string, ttl: number): Buffer => {
  const data = addressBytes(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc0_0c, 0);
  head.writeUInt16BE(data.length === 4 ? 1 : 28, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
};

const writeReply = (query: Buffer, end: number, reply: Exclude<DnsReply, 'hang'>): Buffer => {
  const addresses = 'addresses' in reply ? reply.addresses : [];
  const ttl = 'addresses' in reply ? (reply.ttl ?? 0) : 0;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x81_80 | RCODES['rcode' in reply ? reply.rcode : 'NOERROR'], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, query.subarray(12, end), ...addresses.map((a) => writeRecord(a, ttl))]);
};

/** A DNS server on a UDP port of loopback that replies from the script of each name, otherwise NXDOMAIN. */
export const startDnsServer = async (scripts: Readonly<Record<string, DnsScript>>) => {
  const socket = createSocket('udp4');
  const questions: string[] = [];
  socket.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query);
    const question = `${type} ${name}`;
    questions.push(question);
    const nth = questions.filter((one) => one === question).length;
    const reply = type === undefined ? undefined : scripts[name]?.(type, nth);
    if (reply === 'hang') return;
    socket.send(writeReply(query, end, reply ?? { rcode: 'NXDOMAIN' }), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    /** `address:port`, the format of `Resolver.setServers`. */
    address: `127.0.0.1:${socket.address().port}`,
    /** Every question so far, as `A name`. */
    questions: questions as readonly string[],
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
};

/** A script that replies with the addresses of the requested type. */
export const answers =
  (addresses: readonly string[], ttl = 0): DnsScript =>
  (type) => ({ addresses: addresses.filter((a) => a.includes(':') === (type === 'AAAA')), ttl });

export type DnsServer = Awaited<ReturnType<typeof startDnsServer>>;
