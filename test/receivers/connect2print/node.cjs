// The function that Connect2Print prints for Node.js, in a minimal server. Started with WEBHOOK_SECRET and PORT.
/* oxlint-disable -- the print stands here as it is printed */
const { createServer } = require('node:http');

// --- printed ---
// Node.js
const crypto = require('crypto');

function validateWebhook(body, signature, secret) {
  const calculated = crypto.createHmac('sha256', secret).update(body).digest('hex');

  return crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(calculated));
}
// --- end of print ---

const { PORT, WEBHOOK_SECRET } = process.env;

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  try {
    const valid = validateWebhook(body, request.headers['x-webhook-signature'], WEBHOOK_SECRET);
    response.writeHead(valid ? 200 : 401).end();
  } catch {
    // A framework answers like this when a handler throws.
    response.writeHead(500).end();
  }
}).listen(Number(PORT), '127.0.0.1');
