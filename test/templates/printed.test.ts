import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { commandOf, pythonWithFlask, skipReason } from '../support/programs.ts';

const folder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Sends each request to the printed receiver and to the template, in one process; prints their answers as JSON. */
const COMPARE = `
import hashlib, hmac, json, os, runpy, sys, tempfile
sys.dont_write_bytecode = True
from receiver.app import Receiver
from receiver.settings import read_settings
from tests.support import delivery
SECRET = os.environ["WEBHOOK_SECRET"] = "super-secret-key"

def requests_of(dialect, types, data, header):
    def send(event_type, secret=SECRET):
        return delivery(f"evt_{event_type}", dialect, event_type, data=data, secret=secret)
    first = send(types[0])
    yield from ((name, send(name)) for name in types)
    yield "repeated", first
    yield "tampered", first._replace(body=first.body.replace(b"7", b"8"))
    yield "another secret", send(types[0], "another")
    yield "no signature", first._replace(headers={k: v for k, v in first.headers.items() if k != header})

def answer(app, sent):
    response = app.test_client().post(sent.path, headers=dict(sent.headers), data=sent.body)
    return [response.status_code, response.get_data(as_text=True)]

def compare(dialect, types, data, header):
    printed = runpy.run_path(f"{sys.argv[1]}/{dialect}/app.py")["app"]
    environ = {**os.environ, "WEBHOOK_DIALECT": dialect, "INBOX_PATH": f"{folder}/{dialect}.db"}
    app = Receiver(read_settings(environ), {})
    rows = [[name, answer(printed, sent), answer(app, sent)] for name, sent in requests_of(dialect, types, data, header)]
    app.worker.stop()
    return rows

out, sys.stdout = sys.stdout, sys.stderr
with tempfile.TemporaryDirectory() as folder:
    resource = {"object": {"id": "res_7"}}
    json.dump({
        "resource-api": compare("resource-api", ["resource.created", "resource.updated", "user.created", "ping"], resource, "x-webhook-signature"),
        "casesolved": compare("casesolved", ["Site Plan Change", "Webhook Validate"], {"plan": 7}, "x-webhook-secret"),
    }, out)
`;

type Answer = readonly [status: number, body: string];

it.skipIf('missing' in pythonWithFlask)(
  `the Flask template answers what the printed Flask receivers answer${skipReason(pythonWithFlask)}`,
  () => {
    const { stdout } = spawnSync(
      commandOf(pythonWithFlask),
      ['-c', COMPARE, folder('test/fixtures/documented-receivers')],
      {
        cwd: folder('templates/receiver-flask-compat'),
        encoding: 'utf8',
      },
    );
    const compared = JSON.parse(stdout) as Readonly<
      Record<string, readonly (readonly [name: string, printed: Answer, template: Answer])[]>
    >;
    for (const [dialect, rows] of Object.entries(compared)) {
      for (const [name, printed, template] of rows) {
        // Where the print crashes, the template refuses.
        const expected = printed[0] === 500 ? [401, '{"error":"Invalid signature"}\n'] : printed;
        expect([dialect, name, template]).toEqual([dialect, name, expected]);
      }
    }
    const statuses = Object.values(compared).map((rows) => rows.map(([, [status]]) => status));
    expect(statuses).toEqual([
      [200, 200, 200, 200, 200, 401, 401, 500],
      // Casesolved signs nothing, so a changed body is not noticed.
      [200, 200, 200, 200, 401, 401],
    ]);
  },
);
