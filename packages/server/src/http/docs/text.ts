import { html } from 'hono/html';

/** Safe HTML: interpolated values are escaped. */
export type Html = ReturnType<typeof html>;

/** Inline text in which backticks mark code. */
export const line = (text: string): Html =>
  html`${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))}`;

/** Paragraphs separated by empty lines. */
export const paragraphs = (text: string): Html =>
  html`${text.split('\n\n').map((paragraph) => html`<p>${line(paragraph)}</p>`)}`;

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g;

/** JSON with its names, strings and other values in different colours. */
const coloured = (json: string): readonly Html[] => {
  const parts: Html[] = [];
  let at = 0;
  for (const found of json.matchAll(TOKEN)) {
    const [all, text, colon = ''] = found;
    const kind = text === undefined ? 'value' : colon === '' ? 'text' : 'name';
    parts.push(html`${json.slice(at, found.index)}<span class="${kind}">${text ?? all}</span>${colon}`);
    at = found.index + all.length;
  }
  return [...parts, html`${json.slice(at)}`];
};

export const jsonBlock = (value: unknown): Html =>
  html`<pre tabindex="0"><code>${coloured(JSON.stringify(value, null, 2))}</code></pre>`;

export const codeBlock = (text: string): Html => html`<pre tabindex="0"><code>${text}</code></pre>`;

/** The anchor of a name, without characters that URLs do not allow. */
export const anchorOf = (name: string): string => name.replaceAll(/[^\w.-]/g, '-');
