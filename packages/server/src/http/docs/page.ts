import { html, raw } from 'hono/html';
import type { JsonObject } from '../../core/json.ts';
import { choicesOf, descriptionOf, fieldsOf } from '../openapi/schemas.ts';
import type { Method, OpenApi } from '../openapi/types.ts';
import { OF_EVERY_CALL, operationArticle, parameterTable, type OperationAt } from './operation.ts';
import { rowsOf, table, typeOf } from './schema-table.ts';
import { STYLE } from './style.ts';
import { anchorOf, type Html, paragraphs } from './text.ts';

const METHODS: readonly Method[] = ['post', 'put', 'get', 'patch', 'delete'];

/** `eventTypes` → `Event types` */
const titleOf = (noun: string): string => {
  const words = noun.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace('api ', 'API ');
  return words.slice(0, 1).toUpperCase() + words.slice(1);
};

const operationsOf = (document: OpenApi, noun: string): readonly OperationAt[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined || !operation.tags.includes(noun)) return [];
      const prefix = (item.servers ?? document.servers)[0]?.url ?? '';
      return [{ method, path: prefix.replace(/\/$/, '') + path, operation, document }];
    }),
  );

const navigation = (document: OpenApi): Html =>
  html`<nav aria-label="Contents">
    <ul>
      ${document.tags.map(
        ({ name }) =>
          html`<li>
            <a href="#${name}">${titleOf(name)}</a>
            <ul>
              ${operationsOf(document, name).map(
                ({ method, operation }) =>
                  html`<li>
                    <a href="#${anchorOf(operation.operationId)}"
                      ><span class="method ${method}">${method}</span> ${operation.summary}</a
                    >
                  </li>`,
              )}
            </ul>
          </li>`,
      )}
      <li>
        <a href="#schemas">Schemas</a>
        <ul>
          ${Object.keys(document.components.schemas).map(
            (name) => html`<li><a href="#${anchorOf(name)}">${name}</a></li>`,
          )}
        </ul>
      </li>
    </ul>
  </nav>`;

const schemaArticle = (name: string, schema: JsonObject): Html => {
  const choices = choicesOf(schema);
  return html`<article id="${anchorOf(name)}">
    <header>
      <h3><a href="#${anchorOf(name)}">${name}</a></h3>
    </header>
    ${paragraphs(descriptionOf(schema))} ${table('Fields', rowsOf(schema))}
    ${choices.map((choice, index) => table(`Either, ${index + 1} of ${choices.length}`, rowsOf(choice)))}
    ${choices.length === 0 && fieldsOf(schema).length === 0 ? html`<p>${typeOf(schema)}</p>` : ''}
  </article>`;
};

/** Renders the document as one self-contained HTML page without scripts. */
export const docsPage = async (document: OpenApi): Promise<string> => {
  const { info, tags, components } = document;
  const everyCall = components.parameters[OF_EVERY_CALL];
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${info.title} API</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <aside>
          <p class="name"><a href="#content">${info.title}</a> <small>${info.version}</small></p>
          ${navigation(document)}
        </aside>
        <main id="content">
          <header class="intro">
            <h1>${info.title} API</h1>
            ${paragraphs(info.description)}
            ${parameterTable('header', everyCall === undefined ? [] : [everyCall])}
            <p>The machine-readable version is <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
          </header>
          ${tags.map(
            ({ name, description }) =>
              html`<section id="${name}" aria-labelledby="${name}-title">
                <h2 id="${name}-title">${titleOf(name)}</h2>
                ${paragraphs(description)} ${operationsOf(document, name).map(operationArticle)}
              </section>`,
          )}
          <section id="schemas" aria-labelledby="schemas-title">
            <h2 id="schemas-title">Schemas</h2>
            ${Object.entries(components.schemas).map(([name, schema]) => schemaArticle(name, schema))}
          </section>
        </main>
      </body>
    </html>`;
  return page.toString();
};
