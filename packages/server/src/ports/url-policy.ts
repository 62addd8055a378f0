export type UrlRefusal =
  | 'url_malformed'
  | 'url_scheme'
  | 'url_credentials'
  | 'url_fragment'
  | 'url_port'
  | 'url_host'
  | 'url_address';

export type UrlVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly refusal: UrlRefusal; readonly message: string };

/** Checks a URL when it is saved, without name resolution: the connector checks addresses at every connect. */
export interface UrlPolicy {
  readonly check: (url: string) => UrlVerdict;
}
