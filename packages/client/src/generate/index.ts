export { printCatalog } from './print-catalog.ts';
export { type CatalogType, type PrintedTypes, printTypes } from './print-types.ts';
export { block, printComment, printKey, quote } from './print-text.ts';
