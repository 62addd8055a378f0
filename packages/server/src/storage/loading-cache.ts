/** Values that are loaded once and kept until they are cleared. */
export interface LoadingCache<V> {
  readonly get: (key: string) => Promise<V>;
  readonly clear: (key?: string) => void;
}

/**
 * A cache over an asynchronous `load`: one load at a time for a key, and a load that was under way when its key was
 * cleared is not kept. When `most` keys are held it starts anew.
 */
export const createLoadingCache = <V>(load: (key: string) => Promise<V>, most: number): LoadingCache<V> => {
  const entries = new Map<string, Promise<V>>();
  return {
    get: (key) => {
      const known = entries.get(key);
      if (known !== undefined) return known;
      if (entries.size >= most) entries.clear();
      const loading = load(key);
      entries.set(key, loading);
      loading.catch(() => {
        if (entries.get(key) === loading) entries.delete(key);
      });
      return loading;
    },
    clear: (key) => {
      if (key === undefined) entries.clear();
      else entries.delete(key);
    },
  };
};
