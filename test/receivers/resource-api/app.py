# The Flask handler that the resource API's page prints. Served by `flask run`, with WEBHOOK_SECRET.
import os

WEBHOOK_SECRET = os.environ["WEBHOOK_SECRET"]


def handle_resource_created(resource):
    print("created", resource["id"], flush=True)


def handle_resource_updated(resource):
    print("updated", resource["id"], flush=True)


# --- printed ---
import hmac
import hashlib


def verify_webhook_signature(payload, signature, secret):
    """Verify the webhook signature"""
    expected_signature = hmac.new(
        secret.encode('utf-8'),
        payload.encode('utf-8'),
        hashlib.sha256
    ).hexdigest()
    return hmac.compare_digest(signature, expected_signature)


# In your webhook handler
from flask import Flask, request, jsonify

app = Flask(__name__)


@app.route('/webhooks', methods=['POST'])
def handle_webhook():
    payload = request.get_data(as_text=True)
    signature = request.headers.get('X-Webhook-Signature')

    if not verify_webhook_signature(payload, signature, WEBHOOK_SECRET):
        return jsonify({'error': 'Invalid signature'}), 401

    event = request.json

    # Handle the event
    if event['type'] == 'resource.created':
        handle_resource_created(event['data']['object'])
    elif event['type'] == 'resource.updated':
        handle_resource_updated(event['data']['object'])

    return jsonify({'status': 'received'}), 200
# --- end of print ---
