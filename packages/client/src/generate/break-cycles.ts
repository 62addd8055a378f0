import { joinShapes, type Shape, UNKNOWN } from './shape.ts';

type Shapes = ReadonlyMap<string, Shape>;

/** The definitions that a shape refers to directly, not through a field or an item. */
const heads = (shape: Shape): readonly string[] => {
  if (shape.kind === 'reference') return [shape.to];
  return shape.kind === 'union' || shape.kind === 'intersection' ? shape.members.flatMap(heads) : [];
};

const leadsTo = (shapes: Shapes, from: string, to: string): boolean => {
  const seen = new Set<string>();
  const waiting = [from];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === to) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    const shape = shapes.get(name);
    if (shape !== undefined) waiting.push(...heads(shape));
  }
  return false;
};

const withoutHeads = (shape: Shape, isBroken: (to: string) => boolean): Shape => {
  if (shape.kind === 'reference') return isBroken(shape.to) ? UNKNOWN : shape;
  if (shape.kind !== 'union' && shape.kind !== 'intersection') return shape;
  return joinShapes(
    shape.kind,
    shape.members.map((member) => withoutHeads(member, isBroken)),
  );
};

/** Replaces a definition that directly refers to itself by `unknown`: it has no meaning, and compilers refuse it. */
export const breakCycles = (shapes: Shapes): Shapes =>
  new Map([...shapes].map(([name, shape]) => [name, withoutHeads(shape, (to) => leadsTo(shapes, to, name))]));
