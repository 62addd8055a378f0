const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const QUOTED = String.raw`"(?:[\t !#-\[\]-~]|\\[\t -~])*"`;
// RFC 9110, 8.3.1, without parameters that are only a semicolon.
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED}))*$`);

export const MAX_MEDIA_TYPE_LENGTH = 128;

/** Whether the text is a media type with optional parameters, in ASCII, that a header can carry. */
export const isMediaType = (text: string): boolean =>
  text.length <= MAX_MEDIA_TYPE_LENGTH && MEDIA_TYPE.test(text);

/** Whether a media type is that of a URL-encoded form. */
export const isFormType = (media_type: string): boolean =>
  /^application\/x-www-form-urlencoded(?![^\t ;])/i.test(media_type);
