import {
  type Comparison,
  comparisons,
  type Expression,
  type Field,
  type FilterProblem,
  roots,
  type Scalar,
  textTests,
} from './expression.ts';
import { ParseError, type Token, tokensOf } from './tokens.ts';

/** Maximum size of a filter in bytes of UTF-8. */
export const FILTER_BYTES_MAX = 1_024;
/** Comparisons, tests, `and`, `or` and `not`. */
const FILTER_OPERATORS_MAX = 50;
/** Parentheses and `not` in each other. */
const LEVELS_MAX = 16;

const isIn = <T extends string>(names: readonly T[], name: string): name is T =>
  (names as readonly string[]).includes(name);

const RESERVED: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in', 'exists', ...textTests]);

/** A recursive descent parser. Its depth is limited by `LEVELS_MAX`. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #levels = 0;
  operators = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  parse(): Expression {
    const expression = this.#joined('or');
    const { kind, text, at } = this.#next;
    if (kind !== 'end') throw new ParseError(`expected and, or, or the end, not ${text}`, at);
    return expression;
  }

  get #next(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error('the parser has read past the end');
    return token;
  }

  #take(): Token {
    const token = this.#next;
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  /** Takes the next token if it is this word or mark. */
  #takes(text: string): boolean {
    const token = this.#next;
    if (token.text !== text || token.kind === 'literal' || token.kind === 'end') return false;
    this.#at += 1;
    return true;
  }

  #expect(mark: string): void {
    const { text, at } = this.#next;
    if (!this.#takes(mark)) throw new ParseError(`expected ${mark}, not ${text}`, at);
  }

  #count(at: number): void {
    this.operators += 1;
    if (this.operators <= FILTER_OPERATORS_MAX) return;
    throw new ParseError(`has more than ${FILTER_OPERATORS_MAX} operators`, at);
  }

  /** Parts joined by `or`, each of which is joined by `and`. */
  #joined(kind: 'and' | 'or'): Expression {
    const part = (): Expression => (kind === 'or' ? this.#joined('and') : this.#condition());
    const first = part();
    const parts = [first];
    for (let { at } = this.#next; this.#takes(kind); { at } = this.#next) {
      this.#count(at);
      parts.push(part());
    }
    return parts.length === 1 ? first : { kind, parts };
  }

  #condition(): Expression {
    const { at } = this.#next;
    this.#levels += 1;
    if (this.#levels > LEVELS_MAX) throw new ParseError(`is nested deeper than ${LEVELS_MAX} levels`, at);
    const condition = this.#nested(at);
    this.#levels -= 1;
    return condition;
  }

  #nested(at: number): Expression {
    if (this.#takes('not')) {
      this.#count(at);
      return { kind: 'not', of: this.#condition() };
    }
    if (this.#takes('(')) {
      const inside = this.#joined('or');
      this.#expect(')');
      return inside;
    }
    this.#count(at);
    if (this.#takes('exists')) return { kind: 'exists', field: this.#field() };
    return this.#test(this.#field());
  }

  #test(field: Field): Expression {
    const { text, at } = this.#take();
    if (isIn(comparisons, text)) return this.#comparison(field, text);
    if (text === 'in') return { kind: 'in', field, values: this.#list() };
    if (text === 'not' && this.#takes('in')) {
      this.#count(at);
      return { kind: 'not', of: { kind: 'in', field, values: this.#list() } };
    }
    if (text === 'contains') return { kind: 'contains', field, value: this.#literal() };
    if (text === 'starts_with' || text === 'ends_with') {
      const { at: value_at } = this.#next;
      const value = this.#literal();
      if (typeof value !== 'string') throw new ParseError(`${text} is followed by a text`, value_at);
      return { kind: text, field, value };
    }
    throw new ParseError(
      `expected an operator after ${field.text}, not ${text}: ==, !=, <, <=, >, >=, in, contains, starts_with or ends_with; ${field.text} == true tests a boolean`,
      at,
    );
  }

  #comparison(field: Field, operator: Comparison): Expression {
    const { kind, text, at } = this.#next;
    if (kind !== 'literal') return { kind: 'compare', operator, field, value: { field: this.#field() } };
    const literal = this.#literal();
    const has_order = typeof literal === 'number' || typeof literal === 'string';
    if (!has_order && operator !== '==' && operator !== '!=')
      throw new ParseError(`${operator} compares numbers or texts, not ${text}`, at);
    return { kind: 'compare', operator, field, value: { literal } };
  }

  #literal(): Scalar {
    const token = this.#take();
    if (token.kind === 'literal') return token.value;
    throw new ParseError(
      `expected a text in quotes, a number, true, false or null, not ${token.text}`,
      token.at,
    );
  }

  #list(): readonly Scalar[] {
    this.#expect('(');
    const values = [this.#literal()];
    while (this.#takes(',')) values.push(this.#literal());
    this.#expect(')');
    return values;
  }

  #field(): Field {
    const first = this.#next;
    const is_reserved = first.kind === 'word' && RESERVED.has(first.text);
    if (is_reserved || (first.kind !== 'word' && first.text !== '[')) {
      const hint = first.kind === 'literal' || is_reserved ? `; a field of this name is ["…"]` : '';
      throw new ParseError(`expected a field such as order.total, not ${first.text}${hint}`, first.at);
    }
    const start = first.at;
    const root = first.text.startsWith('$') ? this.#root() : 'data';
    const path: (string | number)[] =
      first.kind === 'word' && root === 'data' && !first.text.startsWith('$') ? [this.#take().text] : [];
    for (let segment = this.#segment(); segment !== undefined; segment = this.#segment()) path.push(segment);
    const text = this.#textFrom(start);
    const lengths = { data: null, previous_data: null, type: 0, tenant: 0, metadata: 1 }[root];
    if (lengths !== null && path.length !== lengths)
      throw new ParseError(lengths === 0 ? `$${root} has no fields` : '$metadata.key reads one key', start);
    return { root, path, text };
  }

  #root(): Field['root'] {
    const { text, at } = this.#take();
    const root = text.slice(1);
    if (isIn(roots, root)) return root;
    throw new ParseError(`${text} does not exist: use ${roots.map((name) => `$${name}`).join(', ')}`, at);
  }

  /** `.name`, `["name"]` or `[0]`; undefined at the end of the path. */
  #segment(): string | number | undefined {
    if (this.#takes('.')) {
      const { kind, text, at } = this.#take();
      if (kind === 'word') return text;
      throw new ParseError(`expected the name of a field after the dot, not ${text}`, at);
    }
    if (!this.#takes('[')) return undefined;
    const { at } = this.#next;
    const name = this.#literal();
    const is_name =
      typeof name === 'string' || (typeof name === 'number' && name >= 0 && Number.isInteger(name));
    if (!is_name) throw new ParseError('expected a name in quotes or an index from 0 in the brackets', at);
    this.#expect(']');
    return name;
  }

  #textFrom(start: number): string {
    const taken = this.#tokens.slice(0, this.#at).filter(({ at }) => at >= start);
    return taken.map(({ text }) => text).join('');
  }
}

export type ParsedFilter =
  | { readonly ok: true; readonly expression: Expression; readonly operators: number }
  | { readonly ok: false; readonly problem: FilterProblem };

/** Parses a filter in time linear to its size. */
export const parseFilter = (text: string): ParsedFilter => {
  const bytes = new TextEncoder().encode(text.slice(0, FILTER_BYTES_MAX + 1)).length;
  if (bytes > FILTER_BYTES_MAX) {
    return { ok: false, problem: { message: `is longer than ${FILTER_BYTES_MAX} bytes`, at: null } };
  }
  if (text.trim() === '') {
    return { ok: false, problem: { message: 'is empty; use null for no filter', at: null } };
  }
  try {
    const parser = new Parser(text);
    const expression = parser.parse();
    return { ok: true, expression, operators: parser.operators };
  } catch (error) {
    if (error instanceof ParseError) return { ok: false, problem: error.problem };
    throw error;
  }
};
