import { contentTypes } from './dialect.ts';
import { defineDialect } from './define-dialect.ts';
import { hexSecret, signsBody } from './single-signature.ts';
import { isoSeconds } from './times.ts';

const activity = {
  id: 'act_1042',
  name: 'Guided tour',
  status: 'planned',
  starts_at: '2026-11-28T14:00:00Z',
};

/**
 * The webhooks of the activities workspace, from its guide: each hook sets its own method, any content type and number of
 * attempts; `X-Signature` is the bare hex HMAC of the payload's contents. The guide prints no body and no event
 * types; these are ours.
 */
export const activities = defineDialect({
  name: 'activities',
  envelope: ({ event }) => ({
    id: event.id,
    event: event.type,
    timestamp: isoSeconds(event.occurred_at),
    data: event.data,
  }),
  header_names: { signature: 'X-Signature' },
  ...signsBody('hex'),
  content_types: [...contentTypes, '*/*'],
  secret: hexSecret('optional'),
  catalog: [
    { name: 'activity.created', description: 'An activity was created.', example: { activity } },
    {
      name: 'activity.updated',
      description: 'An activity was updated.',
      example: { activity: { ...activity, status: 'done' } },
    },
    { name: 'activity.deleted', description: 'An activity was deleted.', example: { activity } },
  ],
});
