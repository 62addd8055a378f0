import { pathOf } from '../../data/path-name.ts';

/** Where the console shows what an entry is about; null where it has no page, or was deleted. */
export const placeOf = (subject: string, action: string): string | null => {
  const [noun, verb] = action.split('.');
  if (verb === 'deleted' || verb === 'erased') return null;
  if (subject.startsWith('wh_')) return pathOf('/webhooks', subject);
  if (noun === 'event_type') return pathOf('/catalog', subject);
  if (noun === 'tenant') return pathOf('/tenants', subject);
  if (noun === 'api_key' || noun === 'workspace') return '/keys';
  return null;
};
