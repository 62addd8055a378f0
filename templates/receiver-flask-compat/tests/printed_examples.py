"""Two Flask receivers as the senders' own guides print them: the receiver answers what they answer."""

# flake8: noqa


WEBHOOK_SECRET = "super-secret-key"


def handle_resource_created(resource):
    print("created", resource["id"], flush=True)


def handle_resource_updated(resource):
    print("updated", resource["id"], flush=True)


# fmt: off
# --- printed on the resource API's page ---
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

resource_api = app

# --- printed in the Casesolved guide ---
from flask import Flask, request

app = Flask(__name__)


@app.route('/webhook', methods=['POST'])
def webhook():
    # authorise webhook requests
    secret = request.headers.get('X-Webhook-Secret', "")
    if secret != "super-secret-key":
        return 'Unauthorized', 401

    payload = request.get_json()
    event = payload['event']
    data = payload['data']
    print(f"Event: {event}")
    print(f"Data: {data}")

    # This event is sent by Cloud at the time of webhook validation
    if event == "Webhook Validate":
        return 'OK'

    # Its just for demo purpose, you can write your business logic here
    return 'OK'
# --- end of print ---

casesolved = app
