/** The data of a test event, or why the text cannot be it. */
export type ParsedData =
  | { readonly ok: true; readonly data: Record<string, unknown> }
  | { readonly ok: false; readonly problem: 'not_json' | 'not_object'; readonly message: string };

/** Reads the data of an event, which is a JSON object. */
export const parseData = (text: string): ParsedData => {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null && !Array.isArray(data)
      ? { ok: true, data: data as Record<string, unknown> }
      : { ok: false, problem: 'not_object', message: '' };
  } catch (error) {
    return { ok: false, problem: 'not_json', message: (error as Error).message };
  }
};
