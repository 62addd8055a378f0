import type { ClientCertificate, GivenCertificate } from '../core/client-certificate.ts';
import { BellwireError } from '../core/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReadClientCertificate } from '../ports/client-certificates.ts';

export interface CertificateParts {
  readonly readClientCertificate: ReadClientCertificate;
  readonly clock: Clock;
}

/**
 * The client certificate of a hook, read and checked; undefined if none is given.
 * @throws BellwireError `invalid_input`
 */
export const readGivenCertificate = <T extends null | undefined>(
  { readClientCertificate, clock }: CertificateParts,
  given: GivenCertificate | T,
): ClientCertificate | T => {
  if (given === null || given === undefined) return given;
  const verdict = readClientCertificate(given, clock.now());
  if (verdict.ok) return verdict.certificate;
  const path = `client_certificate.${verdict.field}`;
  throw new BellwireError('invalid_input', `${path}: ${verdict.message}`, {
    issues: [{ path, message: verdict.message }],
  });
};
