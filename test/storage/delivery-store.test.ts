import { openTestStore } from '../support/test-store.ts';
import { describeStore } from './conformance.ts';

describeStore('SQLite in memory', openTestStore);
