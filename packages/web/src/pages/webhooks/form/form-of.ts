import type { DialectForm } from './dialect-form.ts';
import { activities } from './dialects/activities.ts';
import { casesolved } from './dialects/casesolved.ts';
import { connect2print } from './dialects/connect2print.ts';
import { general } from './dialects/general.ts';
import { q2 } from './dialects/q2.ts';

const FORMS: Readonly<Record<string, DialectForm>> = { q2, connect2print, activities, casesolved };

/** The form of a dialect. */
export const formOf = (dialect: string): DialectForm =>
  Object.hasOwn(FORMS, dialect) ? (FORMS[dialect] ?? general) : general;
