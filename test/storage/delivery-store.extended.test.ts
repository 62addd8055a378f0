import { openTestStoreInFile } from '../support/test-store.ts';
import { describeStore } from './conformance.ts';

describeStore('SQLite in a file', openTestStoreInFile);
