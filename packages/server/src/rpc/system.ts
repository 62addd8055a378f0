import { z } from 'zod';
import { actorOf } from './actor.ts';
import type { RpcDeps } from './deps.ts';
import { READ_ERRORS, procedure, t } from './trpc.ts';
import { described } from './fields.ts';
import { encryptionKeysView, rekeyedView } from './views/encryption.ts';
import { systemView, viewSystem } from './views/system.ts';

/** Values per call: a fraction of a second. */
const SLICE = 500;

const place = z.strictObject({
  after: described(
    z
      .string()
      .max(128)
      .regex(/^\d{1,3}:/, 'must be the `next` of a response'),
    'The `next` of the previous response. Omit it for the first call.',
    '2:',
  ).optional(),
});

/** The server itself. */
export const createSystemRouter = ({ readSystem, repositories, audit }: RpcDeps) =>
  t.router({
    get: procedure
      .meta({
        scope: 'admin',
        portal: 'none',
        route: { method: 'GET', path: '/system' },
        summary: 'Get the state of the server',
        description:
          'Its version, the sizes of its database, and every setting with its value and where it comes from. Secrets are never included.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject({}))
      .output(systemView)
      .query(async () => viewSystem(await readSystem())),
    encryptionKeys: procedure
      .meta({
        scope: 'admin',
        portal: 'none',
        route: { method: 'GET', path: '/system/encryption-keys' },
        summary: 'List the encryption keys',
        description:
          'The keys of `BELLWIRE_ENCRYPTION_KEYS` or of the key file, and how many stored values need each. Never the keys themselves.',
        errors: READ_ERRORS,
      })
      .input(z.strictObject({}))
      .output(encryptionKeysView)
      .query(async () => ({ keys: (await repositories.encryption.keys()).map((key) => ({ ...key })) })),
    rekey: procedure
      .meta({
        scope: 'admin',
        portal: 'none',
        route: { method: 'POST', path: '/system/rekey' },
        summary: 'Encrypt values with the current key',
        description:
          'Encrypts some hundred stored values again that are not encrypted with the current key, while the server works. Call it with `after: next` of each response until `next` is null. It can be interrupted and begun again at any time. `bellwire rekey` does this. A walk that changes anything is audited.',
        errors: READ_ERRORS,
      })
      .input(place)
      .output(rekeyedView)
      .mutation(async ({ ctx, input }) => {
        const { encryption } = repositories;
        const { unreadable, ...slice } = await encryption.rekey(input.after ?? null, SLICE);
        // Once for each walk.
        if (input.after === undefined && slice.rekeyed > 0) {
          await audit.change(actorOf(ctx), (_, record) =>
            record({ action: 'encryption.rekeyed', subject: encryption.current }),
          );
        }
        return { ...slice, unreadable: [...unreadable] };
      }),
  });
