import { indented, type ReceiverFormat } from './receiver-format.ts';

const HMAC = 'hmac.new(SECRET.encode(), body, hashlib.sha256)';

const compared = (expected: string, { signature }: ReceiverFormat): readonly string[] => [
  `expected = ${expected}`,
  `return same(headers.get("${signature}", ""), expected)`,
];

const FRESH = ['if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:', '    return False'];

const CHECKS: Readonly<Record<ReceiverFormat['scheme'], (format: ReceiverFormat) => readonly string[]>> = {
  hex: (format) => compared(`${HMAC}.hexdigest()`, format),
  'sha256=hex': (format) => compared(`"sha256=" + ${HMAC}.hexdigest()`, format),
  base64: (format) => compared(`base64.b64encode(${HMAC}.digest()).decode()`, format),
  plain: (format) => compared('SECRET', format),
  slack: (format) => [
    `timestamp = headers.get("${format.timestamp}", "")`,
    ...FRESH,
    'signed = f"v0:{timestamp}:".encode() + body',
    ...compared('"v0=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()', format),
  ],
  stripe: ({ signature }) => [
    `parts = headers.get("${signature}", "").split(",")`,
    'timestamp = next((part[2:] for part in parts if part.startswith("t=")), "")',
    ...FRESH,
    'signed = f"{timestamp}.".encode() + body',
    'expected = "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()',
    'return any(same(part, expected) for part in parts)',
  ],
  standard: ({ signature, timestamp, id }) => [
    `timestamp = headers.get("${timestamp}", "")`,
    ...FRESH,
    `signed = f"{headers.get('${id}', '')}.{timestamp}.".encode() + body`,
    'key = base64.b64decode(SECRET[6:]) if SECRET.startswith("whsec_") else SECRET.encode()',
    'expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()',
    '# During a rotation, there is one signature for each secret.',
    `return any(same(each, expected) for each in headers.get("${signature}", "").split(" "))`,
  ],
};

const MODULES: Readonly<Record<ReceiverFormat['scheme'], readonly string[]>> = {
  hex: ['hashlib'],
  'sha256=hex': ['hashlib'],
  base64: ['base64', 'hashlib'],
  plain: [],
  slack: ['hashlib', 'time'],
  stripe: ['hashlib', 'time'],
  standard: ['base64', 'hashlib', 'time'],
};

/** A receiver for Python with its standard library. */
export const pythonReceiver = (format: ReceiverFormat): string => `${[
  'hmac',
  'json',
  'os',
  ...MODULES[format.scheme],
]
  .toSorted()
  .map((name) => `import ${name}\n`)
  .join('')}from http.server import BaseHTTPRequestHandler, HTTPServer
${format.is_form ? 'from urllib.parse import parse_qs\n' : ''}
SECRET = os.environ["WEBHOOK_SECRET"]


def same(given, expected):
    return hmac.compare_digest(given.encode(), expected.encode())


def is_genuine(headers, body):
${indented(CHECKS[format.scheme](format), '    ')}


class Receiver(BaseHTTPRequestHandler):
    def do_${format.method}(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not is_genuine(self.headers, body):
            self.send_error(401, "Invalid signature")
            return
        self.send_response(200)
        self.end_headers()
        print(json.loads(${format.is_form ? 'parse_qs(body.decode())["payload"][0]' : 'body'}), flush=True)


HTTPServer(("", int(os.environ.get("PORT", "3000"))), Receiver).serve_forever()
`;
