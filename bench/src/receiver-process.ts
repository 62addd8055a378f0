import { createServer } from 'node:http';

/**
 * The receiver of a run, in a separate process. It responds to every POST with 200 (at `/gone`: 410) after reading the
 * body, and reports the number of requests by the first part of the path, and their latencies since `sent_at`
 * (milliseconds since 1970, in the body's data).
 */
let latencies_ms: number[] = [];
let received = 0;
let received_at: Record<string, number> = {};

const SENT_AT = /"sent_at":(\d+(?:\.\d+)?)/;

const now = (): number => performance.timeOrigin + performance.now();

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json');
    const counts = { received, received_at };
    response.end(JSON.stringify(request.url === '/counts' ? counts : { ...counts, latencies_ms }));
    if (request.url === '/reset') {
      latencies_ms = [];
      received = 0;
      received_at = {};
    }
    return;
  }
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    received += 1;
    const [, place = ''] = request.url?.split('/') ?? [];
    received_at[place] = (received_at[place] ?? 0) + 1;
    const sent_at = SENT_AT.exec(body)?.[1];
    if (sent_at !== undefined) latencies_ms.push(now() - Number(sent_at));
    response.statusCode = place === 'gone' ? 410 : 200;
    response.end();
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('disconnect', () => process.exit(0));
