/**
 * The text with visible control and format characters, such as `‹U+202E›` for the one that reverses the
 * direction. Line breaks and tabs stay.
 */
export const visibleText = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\n' || character === '\t'
      ? character
      : `‹U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}›`,
  );
