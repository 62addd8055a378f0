# The function that Connect2Print prints for Python, in a minimal server. Started with WEBHOOK_SECRET and PORT.
# --- printed ---
# Python
import hmac
import hashlib


def validate_webhook(body, signature, secret):
    calculated = hmac.new(
        secret.encode(),
        body.encode(),
        hashlib.sha256
    ).hexdigest()

    return hmac.compare_digest(signature, calculated)
# --- end of print ---


import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        valid = validate_webhook(body, self.headers['X-Webhook-Signature'], os.environ["WEBHOOK_SECRET"])
        self.send_response(200 if valid else 401)
        self.end_headers()


HTTPServer(('127.0.0.1', int(os.environ["PORT"])), Handler).serve_forever()
