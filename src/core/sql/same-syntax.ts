/** When two pieces of SQL read alike. What their names mean is not looked at: see properties/same-expression.ts. */
import type { Node } from './ast.ts';
import { nodeText } from './walk.ts';

/** Properties that say where something stands or how it is spelled, not what it is. */
const SPELLING: ReadonlySet<string> = new Set([
  'start',
  'end',
  'quoted',
  'clauses',
  'body',
  'countRange',
  'offsetRange',
  'operatorRange',
  'joinRange',
]);

type Plain = Readonly<Record<string, unknown>>;

/**
 * True when two nodes, of one text or of two, differ in nothing but white space, comments, parentheses, the case of
 * keywords and of unquoted names, and quotes that a name does not need.
 *
 * What is opaque is the same only when it is written alike. Two `?` are the same.
 *
 * @param textA the text that `a` was parsed from
 * @param textB the text that `b` was parsed from
 */
export function sameSyntax(textA: string, a: Node, textB: string, b: Node): boolean {
  const pairs: [unknown, unknown][] = [[a, b]];
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    const left = withoutParens(pair[0]);
    const right = withoutParens(pair[1]);
    if (!isPlain(left) || !isPlain(right)) {
      if (left !== right) return false;
      continue;
    }
    if (left['kind'] !== right['kind']) return false;
    if (left['kind'] === 'opaque') {
      if (nodeText(textA, left as unknown as Node) !== nodeText(textB, right as unknown as Node))
        return false;
      continue;
    }
    if (!pushProperties(left, right, pairs)) return false;
  }
  return true;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null;
}

function withoutParens(value: unknown): unknown {
  let inner = value;
  while (isPlain(inner) && inner['kind'] === 'paren') inner = inner['expression'];
  return inner;
}

/** Queue the properties of both; false when they do not have the same ones. */
function pushProperties(a: Plain, b: Plain, pairs: [unknown, unknown][]): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) {
    if (!(key in b)) return false;
    // Only a query's and a CTE's `body` share a name; a query's is what it says.
    const compared = key === 'body' ? a['kind'] === 'query' : !SPELLING.has(key);
    if (compared && !(key === 'text' && a['kind'] === 'identifier')) pairs.push([a[key], b[key]]);
  }
  return true;
}
