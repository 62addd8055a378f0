import { z } from 'zod';
import { warningCodes } from '../../core/warnings.ts';
import { described } from '../fields.ts';

const warning = z
  .object({
    code: described(z.enum(warningCodes), 'The kind of warning.', 'no_hook_subscribed'),
    message: described(
      z.string(),
      'What is probably not intended, for people.',
      'No hook is subscribed to order.creatd, so the event is stored but not delivered.',
    ),
  })
  .meta({ id: 'Warning', description: 'A remark on a call that succeeded.' });

export const warningsView = (description: string) => z.array(warning).meta({ description });
