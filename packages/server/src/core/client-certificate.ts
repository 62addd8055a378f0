/** A client certificate as it is shown: never with its key. */
export interface ClientCertificateInfo {
  /** `CN=acme,O=Acme Inc.` */
  readonly subject: string;
  /** SHA-256 of the certificate, in lower-case hexadecimal. */
  readonly fingerprint: string;
  readonly expires_at: number;
}

/** What identifies a hook to a receiver that requires client certificates (mutual TLS). */
export interface ClientCertificate extends ClientCertificateInfo {
  /** PEM: the certificate, and then those that issued it. */
  readonly certificate: string;
  /** PEM, not encrypted. */
  readonly key: string;
}

/** A certificate with its private key, as users give them and as connections use them. */
export type GivenCertificate = Pick<ClientCertificate, 'certificate' | 'key'>;

/** The part that is shown. */
export const infoOf = ({
  subject,
  fingerprint,
  expires_at,
}: ClientCertificateInfo): ClientCertificateInfo => ({ subject, fingerprint, expires_at });
