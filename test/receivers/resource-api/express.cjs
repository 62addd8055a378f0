// The Express handler that the resource API's page prints. Started with WEBHOOK_SECRET and PORT.
/* oxlint-disable -- the print stands here as it is printed */
const { PORT, WEBHOOK_SECRET } = process.env;
const handleResourceCreated = (resource) => console.log('created', resource.id);
const handleResourceUpdated = (resource) => console.log('updated', resource.id);

// --- printed ---
const express = require('express');
const crypto = require('crypto');

const app = express();
app.use(express.raw({ type: 'application/json' }));

function verifyWebhookSignature(payload, signature, secret) {
  const expectedSignature = crypto.createHmac('sha256', secret).update(payload).digest('hex');

  return crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expectedSignature));
}

app.post('/webhooks', (req, res) => {
  const signature = req.headers['x-webhook-signature'];
  const payload = req.body.toString();

  if (!verifyWebhookSignature(payload, signature, WEBHOOK_SECRET)) {
    return res.status(401).json({ error: 'Invalid signature' });
  }

  const event = JSON.parse(payload);

  // Handle the event
  switch (event.type) {
    case 'resource.created':
      handleResourceCreated(event.data.object);
      break;
    case 'resource.updated':
      handleResourceUpdated(event.data.object);
      break;
  }

  res.json({ status: 'received' });
});
// --- end of print ---

app.listen(Number(PORT), '127.0.0.1');
