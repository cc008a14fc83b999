/** The elements of an index: those of CREATE INDEX, ON CONFLICT and EXCLUDE. */
import type { Expression, IndexColumn } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseExpression, parseRestricted } from './expressions.ts';
import { closeParens, isName, parseQualifiedName } from './names.ts';
import { parseOperand } from './operands.ts';
import { readDirection, readNulls } from './order.ts';

/** `(a, lower(b) text_pattern_ops DESC, (c + 1))`, the current token being the opening parenthesis. */
export function parseIndexColumns(c: Cursor): IndexColumn[] {
  const columns: IndexColumn[] = [];
  c.advance();
  if (!c.isSymbol(')')) {
    do columns.push(parseIndexColumn(c));
    while (c.acceptSymbol(','));
  }
  closeParens(c);
  return columns;
}

/** One element, up to the comma (or WITH in EXCLUDE). */
export function parseIndexColumn(c: Cursor): IndexColumn {
  const operand = parseElement(c);
  let prefixLength: number | null = null;
  const expression = withCollation(c, operand);
  if (c.isSymbol('(') && expression.kind === 'column') prefixLength = readPrefixLength(c);
  const operatorClass = readOperatorClass(c);
  const direction = readDirection(c);
  const nulls = readNulls(c);
  const { start } = expression;
  return {
    kind: 'indexColumn',
    start,
    end: c.lastEnd,
    expression,
    direction,
    nulls,
    operatorClass,
    prefixLength,
  };
}

/** A column, a call, or an expression in parentheses. */
function parseElement(c: Cursor): Expression {
  // MySQL's prefix length looks like a call: name(10)
  if (isName(c, c.token) && c.peek(1).text === '(' && c.peek(2).kind === 'number' && c.peek(3).text === ')') {
    if (!c.grammar.subscripts) {
      const parts = parseQualifiedName(c);
      return { kind: 'column', start: parts[0].start, end: c.lastEnd, parts };
    }
  }
  // An operator here is a mistake: it is read so that the rest of the list is understood.
  return c.isSymbol('(') || c.token.kind === 'word' || c.token.kind === 'quotedIdentifier'
    ? parseOperand(c)
    : parseExpression(c);
}

function withCollation(c: Cursor, operand: Expression): Expression {
  if (!c.accept('COLLATE')) return operand;
  const collation = parseQualifiedName(c);
  return { kind: 'collate', start: operand.start, end: c.lastEnd, operand, collation };
}

function readPrefixLength(c: Cursor): number {
  c.advance();
  const length = Number(c.token.text);
  parseRestricted(c);
  closeParens(c);
  return length;
}

const AFTER_COLUMN: ReadonlySet<string> = new Set(['ASC', 'DESC', 'NULLS', 'WITH']);

function readOperatorClass(c: Cursor): string | null {
  if (AFTER_COLUMN.has(c.token.upper) || !isName(c, c.token)) return null;
  const { start } = c.token;
  parseQualifiedName(c);
  const name = c.text.slice(start, c.lastEnd);
  // Parameters of the operator class: gist_trgm_ops (siglen = 32)
  if (c.isSymbol('(')) c.skip();
  return name;
}
