import { parentPort } from 'node:worker_threads';
import { MAX_PAYLOAD_BYTES } from '../core/payload-limit.ts';
import type { JsonObject } from '../core/json.ts';
import { createSampleData } from './sample-data.ts';
import { READY } from './worker-thread.ts';

/** The reply to one schema: a sample as JSON text, or null if there is none. */
export interface SampleAnswer {
  readonly sample_text: string | null;
}

// The sample worker: generates one sample at a time, from the text of a schema.
const port = parentPort;
if (port === null) throw new Error('sample-worker is not a program: the server runs it as a worker thread');

const answer = (schema_text: string): SampleAnswer => {
  try {
    const sample = createSampleData(JSON.parse(schema_text) as JsonObject);
    const sample_text = sample === null ? null : JSON.stringify(sample);
    const fits = sample_text !== null && Buffer.byteLength(sample_text) <= MAX_PAYLOAD_BYTES;
    return { sample_text: fits ? sample_text : null };
  } catch {
    // The schema cannot be compiled.
    return { sample_text: null };
  }
};

port.on('message', (schema_text: string) => port.postMessage(answer(schema_text)));
port.postMessage(READY);
