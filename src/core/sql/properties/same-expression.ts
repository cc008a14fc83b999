/** When two expressions are the same: read alike, with every column meaning the same. */
import type { ColumnRef, Expression, Node, Query } from '../ast.ts';
import type { Block, Source } from '../query-model.ts';
import type { TextRange } from '../text.ts';
import type { Names } from './names.ts';
import { typeText } from './types.ts';

/** Placeholders that are another parameter at each place. */
const POSITIONAL = new Set(['?', '%s']);

/**
 * The two expressions (or queries) are alike in everything but white space, comments, parentheses, case and
 * qualification: every column means the same column of the same source. Columns of subqueries inside mean the same
 * when their sources are the same relation under the same name.
 *
 * Equal values at the same place follow only for deterministic expressions.
 */
export function sameExpression(
  a: Expression | Query,
  b: Expression | Query,
  names: Pick<Names, 'resolve'>,
): boolean {
  const pairs: [unknown, unknown][] = [[a, b]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const left = bare(pair[0]);
    const right = bare(pair[1]);
    if (!isObject(left) || !isObject(right)) {
      if (left !== right) return false;
      continue;
    }
    if (isNode(left) && isNode(right)) {
      const known = compareNodes(left, right, [a, b], names);
      if (known === false) return false;
      if (known === true) continue;
    }
    if (!pushParts(left, right, pairs)) return false;
  }
  return true;
}

type Plain = Readonly<Record<string, unknown>>;

/** True or false where the nodes decide it themselves, null when their parts do. */
function compareNodes(
  a: Node,
  b: Node,
  roots: readonly [TextRange, TextRange],
  names: Pick<Names, 'resolve'>,
): boolean | null {
  if (a.kind === 'identifier' && b.kind === 'identifier') return a.name === b.name;
  if (a.kind === 'column' && b.kind === 'column') return sameColumn(a, b, roots, names);
  if (a.kind === 'type' && b.kind === 'type') return typeText(a) === typeText(b);
  if (a.kind !== b.kind || a.kind === 'opaque') return false;
  if (a.kind === 'placeholder' && b.kind === 'placeholder') {
    return a.text === b.text && !POSITIONAL.has(a.text);
  }
  return null;
}

function sameColumn(
  a: ColumnRef,
  b: ColumnRef,
  roots: readonly [TextRange, TextRange],
  names: Pick<Names, 'resolve'>,
): boolean {
  const left = names.resolve(a);
  const right = names.resolve(b);
  if (!left || !right || left.name !== right.name) return false;
  if (left.source === right.source) return true;
  return (
    within(left.source, roots[0]) &&
    within(right.source, roots[1]) &&
    left.source.alias === right.source.alias &&
    left.source.kind === right.source.kind &&
    left.source.table === right.source.table &&
    left.source.cte === right.source.cte
  );
}

/** The source belongs to a subquery inside of the range. */
function within(source: Source, range: TextRange): boolean {
  if (source.block.kind !== 'select') return false;
  const { select } = source.block as Block;
  return range.start <= select.start && select.end <= range.end;
}

/** Queue the properties of both; false when they do not have the same ones. */
function pushParts(a: Plain, b: Plain, pairs: [unknown, unknown][]): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let at = 0; at < a.length; at++) pairs.push([a[at], b[at]]);
    return true;
  }
  const keys = Object.keys(a).filter((key) => !POSITIONS.has(key));
  const others = Object.keys(b).filter((key) => !POSITIONS.has(key));
  if (keys.length !== others.length) return false;
  for (const key of keys) {
    if (!(key in b)) return false;
    const style = key === 'style' && a['kind'] === 'cast';
    const left = style ? castStyle(a[key]) : a[key];
    const right = style ? castStyle(b[key]) : b[key];
    // most properties are plain values, which need not wait
    if (isObject(left) && isObject(right)) pairs.push([left, right]);
    else if (left !== right) return false;
  }
  return true;
}

/** `style` of a cast is a spelling, save for TRY_CAST: that gives NULL where the others raise. */
function castStyle(value: unknown): unknown {
  return value === 'try' ? 'try' : 'cast';
}

/** Properties that say where something stands, or in which spelling: not what it is. */
const POSITIONS = new Set([
  'start',
  'end',
  'clauses',
  'countRange',
  'offsetRange',
  'operatorRange',
  'joinRange',
]);

function bare(value: unknown): unknown {
  let inner = value;
  while (isObject(inner) && isNode(inner) && inner.kind === 'paren') inner = inner.expression;
  return inner;
}

function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null;
}

function isNode(value: object): value is Node {
  return 'kind' in value && typeof value.kind === 'string';
}
