// oxlint-disable-next-line typescript/triple-slash-reference -- declarations of modules cannot be imported.
/// <reference path="./prom-client-files.d.ts" />
// Not the index of prom-client: it also loads OpenTelemetry and takes five times as long.
export { default as Counter } from 'prom-client/lib/counter.js';
export { default as Gauge } from 'prom-client/lib/gauge.js';
export { default as Histogram } from 'prom-client/lib/histogram.js';
export { default as Registry } from 'prom-client/lib/registry.js';
