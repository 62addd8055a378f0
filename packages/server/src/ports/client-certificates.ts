import type { ClientCertificate, GivenCertificate } from '../core/client-certificate.ts';

export type CertificateVerdict =
  | { readonly ok: true; readonly certificate: ClientCertificate }
  /** `message` never contains what was given. */
  | { readonly ok: false; readonly field: keyof GivenCertificate; readonly message: string };

/** Reads a client certificate and its key, and checks that they belong together and can be used at `now`. Never throws. */
export type ReadClientCertificate = (given: GivenCertificate, now: number) => CertificateVerdict;
