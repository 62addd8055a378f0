import { readFile } from 'node:fs/promises';
import type { CatalogType } from '@bellwire/client/generate';
import { Refusal } from './refusal.ts';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isType = (value: unknown): value is CatalogType => isObject(value) && typeof value['name'] === 'string';

/** Reads a list of event types, or a page of `GET /v1/event-types`. */
const typesIn = (value: unknown, where: string): readonly CatalogType[] => {
  const list = isObject(value) && 'data' in value ? value['data'] : value;
  if (Array.isArray(list) && list.every(isType)) return list;
  throw new Refusal(
    `${where} is not a catalog. It must be a list of {"name", "description", "schema", "example"}, or a response of GET /v1/event-types.`,
  );
};

const parse = (text: string, where: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(`${where} is not JSON.`, { cause: error });
  }
};

const fetchText = async (url: URL, api_key: string): Promise<string> => {
  let response: Response;
  try {
    response = await fetch(url, { headers: { authorization: `Bearer ${api_key}` } });
  } catch (error) {
    throw new Refusal(`${url.origin} cannot be reached. Is the server running there?`, { cause: error });
  }
  const text = await response.text();
  if (response.ok) return text;
  const hint = response.status === 401 ? ' Specify its key with --api-key or BELLWIRE_API_KEY.' : '';
  throw new Refusal(`${url.href} responded with ${response.status}.${hint}`);
};

const fromServer = async (server: string, api_key: string): Promise<readonly CatalogType[]> => {
  const types: CatalogType[] = [];
  let cursor: unknown = null;
  do {
    const url = new URL(`${server.replace(/\/+$/, '')}/v1/event-types?limit=1000`);
    if (typeof cursor === 'string') url.searchParams.set('cursor', cursor);
    const page = parse(await fetchText(url, api_key), url.href);
    types.push(...typesIn(page, url.href));
    cursor = isObject(page) ? page['next_cursor'] : null;
  } while (typeof cursor === 'string');
  return types;
};

const fromFile = async (path: string): Promise<readonly CatalogType[]> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Refusal(`${path} cannot be read.`, { cause: error });
  });
  return typesIn(parse(text, path), path);
};

/**
 * Reads the event types from a server's URL or a file.
 * @throws Refusal if they cannot be read
 */
export const readCatalog = (where: string, api_key: string): Promise<readonly CatalogType[]> =>
  /^https?:\/\//.test(where) ? fromServer(where, api_key) : fromFile(where);
