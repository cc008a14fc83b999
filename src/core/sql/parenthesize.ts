/** Where PostgreSQL's grammar allows parentheses around a node without changing what is parsed. */
import type { Node } from './ast.ts';

const WRAPPABLE: ReadonlySet<Node['kind']> = new Set<Node['kind']>([
  'literal',
  'typedLiteral',
  'placeholder',
  'column',
  'unary',
  'binary',
  'is',
  'between',
  'in',
  'like',
  'exists',
  'quantified',
  'subquery',
  'case',
  'cast',
  'call',
  'row',
  'array',
  'subscript',
  'field',
  'collate',
  'atTimeZone',
  'paren',
]);

/** Nodes whose expressions are no operands of the general kind: constants, names, elements of an index. */
const FIXED_PARENTS: ReadonlySet<Node['kind']> = new Set<Node['kind']>([
  'type',
  'typedLiteral',
  'tableFunction',
  'indexColumn',
  'values',
  'cteClause',
]);

/**
 * @param text the parsed text
 * @param parents the nodes around `node`, the outermost first
 */
export function mayParenthesize(text: string, node: Node, parents: readonly Node[]): boolean {
  const parent = parents.at(-1);
  if (parent === undefined) return false;
  switch (node.kind) {
    case 'select':
    case 'values':
    case 'setOperation':
    case 'tableQuery':
      return parent.kind === 'setOperation';
    case 'join':
      return parent.kind !== 'parenJoin';
    default:
  }
  if (!WRAPPABLE.has(node.kind) || FIXED_PARENTS.has(parent.kind)) return false;
  switch (parent.kind) {
    case 'subscript':
    case 'field':
      // a[1][2] is one list of subscripts, not a subscript of a parenthesis
      return parent.operand !== node || (node.kind !== 'subscript' && node.kind !== 'field');
    case 'collate':
      return parents.at(-2)?.kind !== 'indexColumn';
    case 'assignment':
      return parent.value === node || parent.indexes.some((index) => index === node);
    case 'binary':
      return parent.operator !== 'OVERLAPS';
    case 'array':
      return node.kind !== 'array' || text[node.start] !== '[';
    case 'argument':
      return mayWrapArgument(text, node, parents.at(-2));
    default:
      return true;
  }
}

/** JSON_ARRAY(SELECT …) has a query without parentheses; XMLATTRIBUTES (…) is part of XMLELEMENT's own syntax. */
function mayWrapArgument(text: string, node: Node, call: Node | undefined): boolean {
  // CURRENT_TIMESTAMP(3) takes a constant.
  if (call?.kind === 'call' && call.syntax === 'keyword') return false;
  if (node.kind === 'subquery') return text[node.start] === '(';
  return node.kind !== 'call' || (node.function !== 'xmlattributes' && node.function !== 'xmlnamespaces');
}
