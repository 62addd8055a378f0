const words = (text: string): readonly string[] =>
  text
    .normalize('NFKD')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

const pascal = (text: string): string => {
  const name = words(text)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .replaceAll(/[^A-Za-z0-9]/g, '');
  return /^[A-Za-z]/.test(name) ? name : `Event${name}`;
};

/**
 * Unique type names for texts, like `OrderCreated` for `order.created`: TypeScript identifiers. They depend
 * only on the texts and the taken names.
 */
export const typeNames = (
  texts: readonly string[],
  taken: readonly string[],
): ReadonlyMap<string, string> => {
  const used = new Set(taken);
  const nameOf = (text: string): string => {
    const name = pascal(text);
    let candidate = name;
    for (let number = 2; used.has(candidate); number++) candidate = `${name}${number}`;
    used.add(candidate);
    return candidate;
  };
  return new Map(texts.map((text) => [text, nameOf(text)]));
};
