/** A word or phrase that we do not write, as a regular expression between word boundaries, and its replacement. */
export interface Rule {
  readonly not: string;
  readonly but: string;
  /** Whether it is a name in code, so that case counts. */
  readonly identifier?: boolean;
  /** Matches that are right, as a regular expression over the whole line. */
  readonly except?: RegExp;
  /** The files that it applies to; all of them by default. */
  readonly files?: RegExp;
}

/** Names of earlier designs. Each has one standard term, which code, columns, docs and messages share. */
export const identifiers: readonly Rule[] = [
  { identifier: true, not: 'commitTurn|CommitTurn|turn_?[cC]ommit', but: 'commitBatch, group commit' },
  { identifier: true, not: '[lL]anes?', but: 'hook queue' },
  { identifier: true, not: 'ring|Ring', but: 'round robin', except: /key ring/i },
  { identifier: true, not: 'gates?|mayAccept', but: 'backpressure' },
  { identifier: true, not: 'freePlace|(?:free|reserved)_?[pP]laces?', but: 'slots, releaseSlot' },
  { identifier: true, not: 'spill\\w*', but: 'shed overflow' },
  { identifier: true, not: '[hH]ungry|[cC]rowded', but: 'needs refill; saturated' },
  { identifier: true, not: '[fF]orget\\w*', but: 'prune' },
  { identifier: true, not: '[tT]rials?', but: 'test send', except: /differential/ },
  { identifier: true, not: 'judge\\w*|Judge\\w*', but: 'validateX, checkX' },
  { identifier: true, not: '\\w*Records', but: 'repositories' },
];

/** Phrases that are not plain technical English. */
export const phrases: readonly Rule[] = [
  { not: 'whoever|nobody|somebody|anybody', but: 'name the subject: you, the caller, the receiver' },
  { not: 'anew', but: 'again' },
  { not: 'stands', but: 'is', except: /stands for/ },
  { not: 'lies', but: 'is' },
  { not: 'made', but: 'created, generated', except: /made due/ },
  { not: 'said|told', but: 'specified, shown' },
  { not: 'goes out|go out', but: 'is sent' },
  { not: 'asked for|by hand', but: 'requested; manual' },
  { not: 'for ever', but: 'forever' },
  { not: 'mended?', but: 'fixed' },
  { not: 'its likes', but: 'and the like' },
  { not: 'the least|the most', but: 'minimum, maximum' },
  { not: 'put back|puts back', but: 'restored, returned' },
  { not: 'come to naught|comes to', but: 'results in' },
  { not: 'hardly ever', but: 'rarely' },
  { not: 'unless (?:said|told) otherwise', but: 'by default' },
  { not: "of one’s own|of one's own", but: 'custom, your own' },
  { not: 'is to be|are to be', but: 'must be, is' },
  {
    not: '(?:is|are|was) no [a-z]+',
    but: 'is not a …',
    except:
      /(?:there (?:is|are|was)|where|if|when|while|(?:is|are|was)) no (?:longer|more|other)|there (?:is|are|was) no/i,
  },
];

/** A comment that is a question turned into a sentence: name the thing instead. */
export const docstring = {
  not: '(?:/\\*\\*|\\*|//|#) (?:What|How [a-z]+) (?:a|an|the|is|are|was|were|of|one|came|comes|goes|has|must|every|long|many|far|often)\\b[^?]*$',
  but: 'name the thing: "The receiver-side description of a dialect"',
  files: /\.(?:ts|py|sh)$/,
} as const satisfies Rule;
