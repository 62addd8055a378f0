import { type DialectName, verify } from '@bellwire/verify';

/** A request as its receiver gets it: header names in lower case. */
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Whether a receiver of the dialect that knows one secret accepts a request of any age. */
export const isSignedWith = async (
  dialect: string,
  request: SignedRequest,
  secret: string,
): Promise<boolean> => {
  const options = { dialect: dialect as DialectName, secret, tolerance_s: Infinity };
  return (await verify(request, options)).accepted;
};
