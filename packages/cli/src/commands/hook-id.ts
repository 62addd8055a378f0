import { idVerbs } from '../frame/id-verb.ts';

/** The argument of every command for one hook. */
export interface HookId {
  readonly hook_id: string;
}

export const HOOK_ID = { hook_id: 'the id of the hook, or its number' };

export const SAMPLE_HOOK = 'wh_01jd7a9f3k5w2q8z6m4v0t7xbc';

/** A command whose only argument is the id of a hook. */
export const hookVerb = idVerbs({
  noun: 'hooks',
  argument: 'hook_id',
  about: HOOK_ID.hook_id,
  sample: SAMPLE_HOOK,
});
