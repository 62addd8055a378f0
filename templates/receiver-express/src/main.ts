// First: it must run before anything else is loaded.
import './check-node.js';
import { run } from './receiver.ts';

await run();
