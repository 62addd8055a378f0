# The server that the q2 developers' page prints under "Validating payloads". Started with WEBHOOK_SECRET and PORT.
# --- printed ---
import base64
import hashlib
import hmac
import json
import logging
import os
from http.server import BaseHTTPRequestHandler


class SimpleHandler(BaseHTTPRequestHandler):
    def set_response(self, status_code=200):
        self.send_response(status_code)
        self.send_header('Content-type', 'text/html')
        self.end_headers()

    def do_POST(self):
        content_length = int(self.headers['Content-Length'])
        signature = self.headers['X-Q2-Signature-256']
        secret = os.environ["WEBHOOK_SECRET"]
        post_data = self.rfile.read(content_length)
        event = json.loads(post_data.decode())

        # compare_digest is used to prevent timing attacks
        if not hmac.compare_digest(signature, self.calculate_signature(post_data, secret)):
            logging.error("Invalid signature")
            self.set_response(401)
            self.wfile.write("Invalid signature".encode())
            return

        self.set_response()
        self.wfile.write(json.dumps(event, indent=True).encode())

    def calculate_signature(self, body, secret):
        # Calculate the body signature with HMAC-SHA256 and return the signature as a base64 encoded string
        hmac_hash = hmac.new(key=secret.encode(), msg=body, digestmod=hashlib.sha256).digest()
        return base64.b64encode(hmac_hash).decode()
# --- end of print ---


from http.server import HTTPServer

HTTPServer(('127.0.0.1', int(os.environ["PORT"])), SimpleHandler).serve_forever()
