/** Sentences of zod's own locale, which people never see. */
export const RAW_SENTENCE =
  /Invalid (?:input|option|string|number|discriminator|key|value|ISO|UUID|URL|email)\b|Too (?:big|small): |Unrecognized keys?:|expected .*received /i;
