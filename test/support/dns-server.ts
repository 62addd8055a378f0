import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { portOf } from './port-of.ts';

export type RecordType = 'A' | 'AAAA';

/**
 * A scripted reply: addresses of the requested type, another name whose script replies (CNAME), a DNS error, or no reply.
 */
export type DnsReply =
  | { readonly addresses: readonly string[]; readonly ttl?: number }
  | { readonly cname: string }
  | { readonly rcode: 'SERVFAIL' | 'NXDOMAIN' | 'REFUSED' }
  | 'hang';

/** `nth` counts the questions for this name and type from 1. */
export type DnsScript = (type: RecordType, nth: number) => DnsReply;

const TYPES: ReadonlyMap<number, RecordType> = new Map([
  [1, 'A'],
  [28, 'AAAA'],
]);
const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
/** What fits into one packet, without extensions. A longer answer is truncated, and the resolver asks again over TCP. */
const PACKET_BYTES = 512;
/** Of one answer: also where the names refer to each other in a loop. */
const MAX_ALIASES = 8;

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

const nameBytes = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.from(String.fromCharCode(label.length) + label, 'latin1')),
    Buffer.alloc(1),
  ]);

const writeRecord = (owner: Buffer, type: number, { data, ttl }: { data: Buffer; ttl: number }): Buffer => {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(ttl, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, head, data]);
};

interface Answer {
  readonly rcode: keyof typeof RCODES;
  readonly records: readonly Buffer[];
}

const writeReply = (query: Buffer, end: number, { rcode, records }: Answer): Buffer => {
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x81_80 | RCODES[rcode], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, query.subarray(12, end), ...records]);
};

/** Only the question, marked as truncated. */
const truncated = (reply: Buffer, end: number): Buffer => {
  const cut = Buffer.from(reply.subarray(0, end));
  cut.writeUInt16BE(cut.readUInt16BE(2) | 0x02_00, 2);
  cut.writeUInt16BE(0, 6);
  return cut;
};

/**
 * A DNS server on a UDP and TCP port of loopback that replies from the script of each name, otherwise NXDOMAIN. It follows
 * CNAMEs itself, like the server of a machine.
 */
export const startDnsServer = async (scripts: Readonly<Record<string, DnsScript>>) => {
  const questions: string[] = [];
  const answerOf = (name: string, type: RecordType): Answer | 'hang' => {
    const records: Buffer[] = [];
    let [owner, at]: [Buffer, string] = [Buffer.from([0xc0, 0x0c]), name];
    for (;;) {
      const question = `${type} ${at}`;
      questions.push(question);
      const nth = questions.filter((one) => one === question).length;
      const reply = scripts[at]?.(type, nth) ?? { rcode: 'NXDOMAIN' };
      if (reply === 'hang') return 'hang';
      if ('rcode' in reply) return { rcode: reply.rcode, records };
      if ('addresses' in reply) {
        const ttl = reply.ttl ?? 0;
        for (const data of reply.addresses.map(addressBytes))
          records.push(writeRecord(owner, data.length === 4 ? 1 : 28, { data, ttl }));
        return { rcode: 'NOERROR', records };
      }
      if (records.length === MAX_ALIASES) return { rcode: 'NOERROR', records };
      const data = nameBytes(reply.cname);
      records.push(writeRecord(owner, 5, { data, ttl: 0 }));
      [owner, at] = [data, reply.cname];
    }
  };
  /** Null: no reply. */
  const replyTo = (query: Buffer): { readonly reply: Buffer; readonly end: number } | null => {
    const { name, type, end } = readQuestion(query);
    const answer: Answer | 'hang' =
      type === undefined ? { rcode: 'NXDOMAIN', records: [] } : answerOf(name, type);
    return answer === 'hang' ? null : { reply: writeReply(query, end, answer), end };
  };

  const tcp = createServer();
  const open = new Set<Socket>();
  tcp.on('connection', (socket) => {
    open.add(socket);
    let received: Buffer = Buffer.alloc(0);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const replied = replyTo(received.subarray(2, end));
        received = received.subarray(end);
        if (replied === null) continue;
        const prefix = Buffer.alloc(2);
        prefix.writeUInt16BE(replied.reply.length);
        socket.write(Buffer.concat([prefix, replied.reply]));
      }
    });
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const port = portOf(tcp);
  const udp = createSocket('udp4');
  udp.on('message', (query, from) => {
    const replied = replyTo(query);
    if (replied === null) return;
    const { reply, end } = replied;
    udp.send(reply.length > PACKET_BYTES ? truncated(reply, end) : reply, from.port, from.address);
  });
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  return {
    /** `address:port`, the format of `Resolver.setServers`. */
    address: `127.0.0.1:${port}`,
    /** Every question so far, as `A name`: also those that it asked itself to follow a CNAME. */
    questions: questions as readonly string[],
    [Symbol.asyncDispose]: async () => {
      udp.close();
      for (const socket of open) socket.destroy();
      tcp.close();
      await Promise.all([once(udp, 'close'), once(tcp, 'close')]);
    },
  };
};

/** A script that replies with the addresses of the requested type. */
export const answers =
  (addresses: readonly string[], ttl = 0): DnsScript =>
  (type) => ({ addresses: addresses.filter((a) => a.includes(':') === (type === 'AAAA')), ttl });

export type DnsServer = Awaited<ReturnType<typeof startDnsServer>>;
