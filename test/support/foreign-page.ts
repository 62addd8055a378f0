import { once } from 'node:events';
import { createServer } from 'node:http';
import { portOf } from './port-of.ts';

/** Calls `target` in every way that a page of another origin can, and collects what it can read. */
const script = (target: string): string => `
const target = ${JSON.stringify(target)};
const hook = JSON.stringify({ url: 'http://127.0.0.1:4999/foreign', events: ['*'] });
const read = [];
const attempt = (name, init) => fetch(target + name, { credentials: 'include', ...init })
  .then(async (response) => { if (response.type !== 'opaque') read.push(name + ': ' + (await response.text())); }, () => {});
const load = (tag, source) => new Promise((done) => {
  const element = Object.assign(document.createElement(tag), { onload: done, onerror: done });
  element[tag === 'link' ? 'href' : 'src'] = source;
  document.body.append(element);
  setTimeout(done, 1000);
});
const stream = () => new Promise((done) => {
  const source = new EventSource(target + '/v1/stream', { withCredentials: true });
  source.onopen = () => { read.push('the stream'); source.close(); done(); };
  source.onerror = () => { source.close(); done(); };
});
const form = (name, enctype, field) => new Promise((done) => {
  const frame = Object.assign(document.createElement('iframe'), { name: 'target', onload: done });
  const form = Object.assign(document.createElement('form'), { method: 'post', action: target + name, enctype, target: 'target' });
  const input = Object.assign(document.createElement('input'), { name: field, value: '' });
  form.append(input);
  document.body.append(frame, form);
  form.submit();
  setTimeout(done, 1000);
});
window.finished = (async () => {
  const json = { 'content-type': 'application/json' };
  for (const mode of ['no-cors', 'cors']) {
    for (const path of ['/v1/webhooks', '/trpc/hooks.create', '/v1/events']) {
      await attempt(path, { mode, method: 'POST', body: hook });
      await attempt(path, { mode, method: 'POST', body: new Blob([hook]) });
    }
    await attempt('/session', { mode, method: 'POST', body: '{}' });
    for (const path of ['/session', '/v1/webhooks', '/v1/api-keys', '/v1/stream', '/trpc/hooks.list?input=%7B%7D'])
      await attempt(path, { mode });
  }
  await attempt('/v1/webhooks', { method: 'POST', headers: json, body: hook });
  await attempt('/session', { method: 'DELETE' });
  await attempt('/v1/tenants/shop', { method: 'DELETE' });
  await load('script', target + '/v1/webhooks');
  await load('img', target + '/v1/webhooks');
  await stream();
  await form('/v1/webhooks', 'text/plain', hook.slice(0, -1) + ', "description": "');
  await form('/v1/webhooks', 'application/x-www-form-urlencoded', 'url');
  return read;
})();
`;

export interface ForeignPage extends AsyncDisposable {
  /** Without the host: browsers take each name of this machine for another site. */
  readonly port: number;
}

/** A web page of another origin on this machine, whose script attacks the server at `target`. */
export const startForeignPage = async (target: string): Promise<ForeignPage> => {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>Foreign</title><body><script>${script(target)}</script>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};
