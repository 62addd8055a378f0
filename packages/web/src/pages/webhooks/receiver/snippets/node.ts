import type { ReceiverFormat } from './receiver-format.ts';

/** A receiver for Node with the published verifier. */
export const nodeReceiver = ({ dialect }: ReceiverFormat): string => `// npm install @bellwire/client
import { createServer } from 'node:http';
import { verify } from '@bellwire/client/verify';

const secret = process.env.WEBHOOK_SECRET;

createServer(async (request, response) => {
  const verified = await verify(request, { secret, dialect: '${dialect}' });
  if (!verified.accepted) {
    console.error(verified.message);
    response.writeHead(401).end('Invalid signature');
    return;
  }
  response.writeHead(200).end('ok');
  console.log(verified.type, verified.json());
}).listen(process.env.PORT ?? 3000);
`;
