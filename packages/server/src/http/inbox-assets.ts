/** The style of the inbox page, in light and dark colours. */
export const INBOX_STYLE = `:root { color-scheme: light dark;
  --bg: #fcfcfb; --surface: #ffffff; --sunken: #f5f5f3; --line: #e4e3de; --text: #1c1b18; --text-2: #55534b;
  --ok: #1a6b3c; --bad: #a8261c; --warn: #7f5200; --accent: #2a4cb0 }
@media (prefers-color-scheme: dark) { :root {
  --bg: #131316; --surface: #18181c; --sunken: #101013; --line: #2a2a30; --text: #ececee; --text-2: #b0b0b8;
  --ok: #7ccf9c; --bad: #f4968b; --warn: #e3b667; --accent: #9db4f8 } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: var(--text); background: var(--bg) }
h1 { font-size: 1.3rem } h2 { font-size: 1rem; margin: 0 0 .5rem; overflow-wrap: anywhere }
p, time, summary { color: var(--text-2) }
article { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: 1rem 0 }
pre { background: var(--sunken); border-radius: 6px; padding: .7rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px }
summary { cursor: pointer }
span, time { font-weight: normal; margin-left: .5rem }
.verified { color: var(--ok) } .refused { color: var(--bad) } .unsigned, .unknown { color: var(--warn) }
button { font: inherit; color: var(--accent); background: none; border: 1px solid var(--line); border-radius: 6px; padding: .2rem .7rem }
`;

/** Adds new requests above the others. While the page is scrolled, they wait behind a button, so that nothing moves. */
export const INBOX_SCRIPT = `'use strict';
const list = document.getElementById('entries');
const state = document.getElementById('state');
const more = document.getElementById('more');
const ENTRIES_MAX = 100;
let waiting = [];
const element = (name, text, className) => {
  const node = document.createElement(name);
  node.textContent = text;
  if (className) node.className = className;
  return node;
};
const details = (title, text) => {
  const node = document.createElement('details');
  node.append(element('summary', title), element('pre', text));
  return node;
};
const article = (entry) => {
  const node = document.createElement('article');
  const title = element('h2', entry.title);
  title.append(element('span', entry.verdict, entry.signature), element('time', entry.when));
  node.append(title, element('pre', entry.body));
  if (entry.raw !== null) node.append(details('Raw body', entry.raw));
  node.append(details('Headers', entry.headers));
  return node;
};
const show = () => {
  for (const entry of waiting) list.prepend(article(entry));
  waiting = [];
  while (list.children.length > ENTRIES_MAX) list.lastElementChild.remove();
  more.hidden = true;
};
more.addEventListener('click', () => { show(); scrollTo(0, 0); });
const add = (entry) => {
  waiting.push(entry);
  waiting = waiting.slice(-ENTRIES_MAX);
  const reads = scrollY > 40 || document.querySelector('details[open]') !== null || !getSelection().isCollapsed;
  if (!reads) return show();
  more.textContent = 'Show ' + waiting.length + ' new';
  more.hidden = false;
};
const source = new EventSource(location.pathname + '?after=' + list.dataset.last);
source.addEventListener('open', () => { state.textContent = 'Live.'; });
source.addEventListener('entry', (event) => add(JSON.parse(event.data)));
source.addEventListener('reset', () => location.reload());
source.addEventListener('error', () => {
  const is_refused = source.readyState === EventSource.CLOSED;
  state.textContent = is_refused ? 'Disconnected: reload the page.' : 'Reconnecting…';
});
`;
