/**
 * Which literals and placeholders of a statement meet which columns, and which columns meet each other. It need not
 * be exact: a value too many in a pool costs little, a missing one costs a counterexample.
 */
import type { Expression, FunctionCall, Node, Query } from '../../sql/ast.ts';
import type { AnalyzedStatement, Block, ResolvedColumn, Source } from '../../sql/query-model.ts';
import { walk } from '../../sql/walk.ts';
import { FROZEN_NOW, parseInstant, shift, timestampText } from './instants.ts';
import { columnKey } from './search-space.ts';
import type { NamedValue } from './values.ts';

/** Collected over both statements of a pair. Columns are named by {@link columnKey}, placeholders by '?' + key. */
export class Associations {
  private readonly parents = new Map<string, string>();
  private readonly values = new Map<string, NamedValue[]>();
  /** literals that met no column: offered to all */
  readonly loose: NamedValue[] = [];
  readonly thresholds = new Set<number>();
  /** the row at which a result is cut (LIMIT after OFFSET), the last one of all; 0 without */
  page = 0;

  /** The representative of the columns that meet this one. */
  groupOf(key: string): string {
    const parent = this.parents.get(key);
    if (parent === undefined || parent === key) return key;
    const root = this.groupOf(parent);
    this.parents.set(key, root);
    return root;
  }

  join(keys: readonly string[]): void {
    const [first] = keys;
    if (first === undefined) return;
    const root = this.groupOf(first);
    for (const key of keys) {
      const other = this.groupOf(key);
      if (other === root) continue;
      this.parents.set(other, root);
      this.values.set(root, [...(this.values.get(root) ?? []), ...(this.values.get(other) ?? [])]);
      this.values.delete(other);
    }
  }

  add(key: string, values: readonly NamedValue[]): void {
    const root = this.groupOf(key);
    this.values.set(root, [...(this.values.get(root) ?? []), ...values]);
  }

  valuesOf(key: string): readonly NamedValue[] {
    return this.values.get(this.groupOf(key)) ?? [];
  }
}

/** Numbers of rows above this are not tried: databases stay small. */
const LARGEST_THRESHOLD = 120;
/** Results that are cut behind this row are not filled: every row needs several in the tables. */
const LARGEST_PAGE = 12;
/** How deep a derived table's column is followed to the base columns that it is made of. */
const DEPTH = 6;

/** Add what a statement says to `associations`. `parameterKey` names a placeholder over both statements. */
export function associate(
  statement: AnalyzedStatement,
  associations: Associations,
  parameterKey: (start: number) => string | null,
): void {
  new Associating(statement, associations, parameterKey).run();
}

class Associating {
  private readonly statement: AnalyzedStatement;
  private readonly to: Associations;
  private readonly parameterKey: (start: number) => string | null;

  constructor(
    statement: AnalyzedStatement,
    to: Associations,
    parameterKey: (start: number) => string | null,
  ) {
    this.statement = statement;
    this.to = to;
    this.parameterKey = parameterKey;
  }

  run(): void {
    walk(this.statement.tree, (node) => {
      this.limit(node);
      this.comparison(node);
      this.subquery(node);
      if (node.kind === 'setOperation') this.branches(node);
      if (node.kind === 'assignment') this.meet(node.value, ...node.targets);
    });
    for (const block of this.statement.blocks) this.using(block);
  }

  private limit(node: Node): void {
    if (node.kind !== 'limit') return;
    const count = node.count ? numbersIn(node.count) : [];
    const offset = node.offset ? numbersIn(node.offset) : [];
    for (const n of [...count, ...offset]) this.threshold(n);
    for (const n of count) for (const m of offset) this.threshold(n + m);
    const last = (count[0] ?? 0) + (offset[0] ?? 0);
    if (last <= LARGEST_PAGE) this.to.page = Math.max(this.to.page, last);
  }

  private comparison(node: Node): void {
    switch (node.kind) {
      case 'binary':
        if (node.operator !== 'AND' && node.operator !== 'OR') this.meet(node);
        break;
      case 'is':
      case 'between':
      case 'in':
      case 'like':
      case 'case':
      case 'call':
      case 'quantified':
      case 'caseBranch':
        this.meet(node);
        break;
      default:
    }
  }

  /** The operand of IN, ANY and of a comparison with a subquery meets the subquery's output. */
  private subquery(node: Node): void {
    if ((node.kind === 'in' || node.kind === 'quantified') && node.query)
      this.output(node.operand, node.query);
    if (node.kind !== 'binary') return;
    for (const [side, other] of [
      [node.left, node.right],
      [node.right, node.left],
    ] as const) {
      if (side.kind === 'subquery') this.output(other, side.query);
    }
  }

  private output(operand: Expression, query: Query): void {
    const outputs = this.statement.blocksOfQuery(query).flatMap((block) => block.outputs.slice(0, 1));
    const columns = outputs.flatMap((output) => (output.expression ? this.columnsIn(output.expression) : []));
    this.to.join([...this.columnsIn(operand), ...this.parametersIn(operand), ...columns]);
  }

  private branches(node: Node & { kind: 'setOperation' }): void {
    const blocks = this.statement.blocks.filter(
      (block) => block.setBranch && node.start <= block.select.start && block.select.end <= node.end,
    );
    const width = blocks[0]?.outputs.length ?? 0;
    for (let i = 0; i < width; i++) {
      const columns = blocks.flatMap((block) => {
        const output = block.outputs[i];
        if (output?.expression) return this.columnsIn(output.expression);
        return output?.column?.table ? [columnKey(output.column.table, output.column.name)] : [];
      });
      this.to.join(columns);
    }
  }

  private using(block: Block): void {
    for (const join of block.joins) {
      for (const name of join.using ?? []) {
        this.to.join(
          [...join.left, ...join.right].flatMap((source) => this.columnsOfSource(source, name, DEPTH)),
        );
      }
    }
  }

  /** Everything in these expressions meets: bare columns one another, literals and placeholders every column. */
  private meet(...expressions: readonly Node[]): void {
    const columns = unique(expressions.flatMap((expression) => this.columnsIn(expression)));
    const literals = unique(expressions.flatMap((expression) => literalsIn(expression)));
    const parameters = expressions.flatMap((expression) => this.parametersIn(expression));
    const [first] = expressions;
    const compares =
      (first?.kind === 'binary' && COMPARING.has(first.operator)) ||
      first?.kind === 'is' ||
      first?.kind === 'between' ||
      first?.kind === 'in';
    if (compares || expressions.length > 1 || parameters.length > 0) {
      this.to.join([...columns, ...parameters]);
    }
    const values = [...literals, ...combined(literals), ...moved(literals)];
    if (expressions.some(calls)) values.push(...joined(literals));
    // one part of a text put together may be empty, the other the whole
    if (expressions.some(concatenates)) values.push({ text: '', type: 'string' });
    for (const column of columns) this.to.add(column, values);
    if (columns.length === 0) this.to.loose.push(...values);
    if (columns.length === 0 || expressions.some(countsRows)) {
      for (const value of literals) if (value.type === 'number') this.threshold(Number(value.text));
    }
  }

  private threshold(value: number): void {
    if (Number.isInteger(value) && value > 0 && value <= LARGEST_THRESHOLD) this.to.thresholds.add(value);
  }

  /** Base columns that an expression is computed from; subqueries are left out. */
  private columnsIn(expression: Node, depth = DEPTH): string[] {
    const found: string[] = [];
    walkOutside(expression, (node) => {
      if (node.kind !== 'column') return;
      const resolved = this.statement.resolve(node);
      if (resolved) found.push(...this.baseColumns(resolved, depth));
      else {
        const output = this.statement.outputOf(node);
        if (output?.expression && depth > 0) found.push(...this.columnsIn(output.expression, depth - 1));
      }
    });
    return unique(found);
  }

  private baseColumns(resolved: ResolvedColumn, depth: number): string[] {
    if (resolved.table && resolved.column) return [columnKey(resolved.table, resolved.column.name)];
    return this.columnsOfSource(resolved.source, resolved.name, depth);
  }

  private columnsOfSource(source: Source, name: string, depth: number): string[] {
    const own = source.columns?.find((column) => column.name === name);
    if (own?.table && own.column) return [columnKey(own.table, own.column.name)];
    if (!source.query || depth === 0) return [];
    const index = source.columns?.findIndex((column) => column.name === name) ?? -1;
    return this.statement.blocksOfQuery(source.query).flatMap((block) => {
      const output = block.outputs.find((candidate) => candidate.name === name) ?? block.outputs[index];
      return output?.expression ? this.columnsIn(output.expression, depth - 1) : [];
    });
  }

  private parametersIn(expression: Node): string[] {
    const found: string[] = [];
    walkOutside(expression, (node) => {
      const key = node.kind === 'placeholder' ? this.parameterKey(node.start) : null;
      if (key !== null) found.push(`?${key}`);
    });
    return found;
  }
}

const COMPARING = new Set(['=', '<>', '<', '>', '<=', '>=']);

/** Visit an expression without entering its subqueries. */
function walkOutside(expression: Node, visit: (node: Node) => void): void {
  walk(expression, (node) => {
    if (node.kind === 'query') return false;
    visit(node);
    return undefined;
  });
}

function literalsIn(expression: Node): NamedValue[] {
  const found: NamedValue[] = [];
  walk(expression, (node, parent) => {
    if (node.kind === 'query') return false;
    if (node.kind === 'literal' && node.type !== 'null' && node.type !== 'default' && node.type !== 'bit') {
      const interval = parent?.kind === 'cast' && parent.type.name === 'interval';
      const pattern = parent?.kind === 'like';
      const type = interval ? 'interval' : pattern ? 'pattern' : node.type;
      found.push({ text: signed(node.value, parent), type });
    }
    if (node.kind === 'typedLiteral') {
      const interval = node.type.name === 'interval';
      const text = interval && node.unit ? `${node.value} ${node.unit}` : node.value;
      found.push({ text, type: interval ? 'interval' : 'string' });
    }
    if (node.kind === 'call' && CLOCK.has(node.function)) found.push({ text: FROZEN_NOW, type: 'string' });
    return undefined;
  });
  return found;
}

/** What the sandbox replaces by {@link FROZEN_NOW}. */
const CLOCK = new Set([
  'now',
  'current_timestamp',
  'transaction_timestamp',
  'statement_timestamp',
  'localtimestamp',
  'current_date',
]);

function signed(value: string, parent: Node | null): string {
  return parent?.kind === 'unary' && parent.operator === '-' ? `-${value}` : value;
}

/** `price * 2 = 100` asks for 50, `a + 7 > 10` for 3: sums, differences and quotients of the numbers together. */
function combined(literals: readonly NamedValue[]): NamedValue[] {
  const numbers = literals
    .filter((literal) => literal.type === 'number')
    .map((literal) => Number(literal.text));
  if (numbers.length < 2 || numbers.length > 4) return [];
  const results = new Set<number>();
  for (const a of numbers) {
    for (const b of numbers) {
      if (a === b) continue;
      results.add(a - b).add(a + b);
      if (b !== 0) results.add(a / b).add(a * b);
    }
  }
  const short = [...results].filter((n) => Number.isFinite(n) && Math.abs(n) < 1e12);
  return short.map((n) => ({ text: String(Number(n.toFixed(4))), type: 'number' }));
}

/** `replace(x, '-', '') = 'ab'` asks for 'a-b': the texts of one expression put together. */
function joined(literals: readonly NamedValue[]): NamedValue[] {
  const texts = literals.filter(({ type }) => type === 'string').map(({ text }) => text);
  if (texts.length < 2 || texts.length > 4) return [];
  const results = texts.flatMap((a) =>
    texts.flatMap((b) => (a === b || `${a}${b}`.length > 40 ? [] : [a + b, a.slice(0, 1) + b + a.slice(1)])),
  );
  return results.map((text) => ({ text, type: 'string' }));
}

/** `hired + interval '1 year' <= '2024-03-05'` asks for 2023-03-05, `hired - 7 > '2024-03-05'` for 2024-03-12. */
function moved(literals: readonly NamedValue[]): NamedValue[] {
  const instants = literals.flatMap(({ text, type }) =>
    type === 'string' ? (parseInstant(text) ?? []) : [],
  );
  if (instants.length > 3) return [];
  const intervals = literals.flatMap(({ text, type }) => {
    if (type === 'interval') return [text];
    return type === 'number' && /^\d{1,4}$/.test(text) ? [`${text} days`] : [];
  });
  const results = instants.flatMap((instant) =>
    intervals.flatMap((interval) => [shift(instant, interval, 1), shift(instant, interval, -1)]),
  );
  return results
    .filter((instant) => instant !== null)
    .map((instant) => ({ text: timestampText(instant), type: 'string' }));
}

function concatenates(expression: Node): boolean {
  let found = false;
  walk(expression, (node) => {
    if (node.kind === 'binary' && node.operator === '||') found = true;
  });
  return found;
}

function calls(expression: Node): boolean {
  let found = false;
  walk(expression, (node) => {
    if (node.kind === 'call') found = true;
  });
  return found;
}

const COUNTING = new Set([
  'count',
  'row_number',
  'rank',
  'dense_rank',
  'ntile',
  'array_length',
  'cardinality',
]);

function countsRows(expression: Node): boolean {
  let counts = false;
  walk(expression, (node) => {
    if (node.kind === 'call' && COUNTING.has((node as FunctionCall).function)) counts = true;
  });
  return counts;
}

function numbersIn(expression: Node): number[] {
  return literalsIn(expression).flatMap((literal) =>
    literal.type === 'number' ? [Number(literal.text)] : [],
  );
}

function unique<T>(items: readonly T[]): T[] {
  const seen = new Map(items.map((item) => [typeof item === 'string' ? item : JSON.stringify(item), item]));
  return [...seen.values()];
}
