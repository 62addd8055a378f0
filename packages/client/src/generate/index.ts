export { printCatalog } from './print-catalog.ts';
export { type CatalogType, type PrintedTypes, printTypes } from './print-types.ts';
export { block, printComment, printKey, quote } from './print-text.ts';
export type { Field, SchemaShapes, Shape } from './shape.ts';
export { shapesOfSchema } from './shape-of-schema.ts';
export { typeNames } from './type-names.ts';
