/** Statements that hold statements: BEGIN … END, TRY and CATCH, IF and ELSE, WHILE. */
import type { Compound, Expression, Statement } from '../../ast.ts';
import { splitStatements } from '../../splitter.ts';
import type { Cursor } from '../cursor.ts';
import { parseExpression } from '../expressions.ts';
import { parseAnyStatement } from '../statement.ts';

/** IF, WHILE, BEGIN … END or BEGIN TRY, the current token being that word. */
export function parseCompound(c: Cursor): Compound {
  const { start } = c.token;
  if (!c.enter()) {
    const statements: Statement[] = [c.unexpectedUntil(() => false)];
    return compound(c, start, { type: 'block', statements });
  }
  const node = readCompound(c, start);
  c.leave();
  return node;
}

function readCompound(c: Cursor, start: number): Compound {
  switch (c.token.upper) {
    case 'IF': {
      c.advance();
      const condition = parseExpression(c);
      const statements = readNested(c);
      if (c.isSymbol(';') && c.peek(1).upper === 'ELSE') c.advance();
      const otherwise = c.accept('ELSE') ? readNested(c) : [];
      return compound(c, start, { type: 'if', condition, statements, otherwise });
    }
    case 'WHILE': {
      c.advance();
      const condition = parseExpression(c);
      return compound(c, start, { type: 'while', condition, statements: readNested(c) });
    }
    default:
      return readBlock(c, start);
  }
}

interface Parts {
  readonly type: Compound['type'];
  readonly condition?: Expression;
  readonly statements: readonly Statement[];
  readonly otherwise?: readonly Statement[];
}

function compound(c: Cursor, start: number, parts: Parts): Compound {
  const { type, condition = null, statements, otherwise = [] } = parts;
  return { kind: 'compound', start, end: c.lastEnd, type, condition, statements, otherwise };
}

function readBlock(c: Cursor, start: number): Compound {
  c.advance();
  if (!c.accept('TRY')) {
    // a natively compiled body: BEGIN ATOMIC WITH (…)
    if (c.accept('ATOMIC') && c.accept('WITH') && c.isSymbol('(')) c.skip();
    const statements = readUpToEnd(c);
    return compound(c, start, { type: 'block', statements });
  }
  const statements = readUpToEnd(c);
  c.expect('TRY');
  if (c.isSymbol(';') && c.peek(1).upper === 'BEGIN') c.advance();
  let otherwise: readonly Statement[] = [];
  if (c.expect('BEGIN') && c.expect('CATCH')) {
    otherwise = readUpToEnd(c);
    c.expect('CATCH');
  }
  return compound(c, start, { type: 'try', statements, otherwise });
}

/** The statements up to the END of the block that was begun, and that word. */
function readUpToEnd(c: Cursor): Statement[] {
  let open = 0;
  let count = 0;
  for (; c.peek(count).text !== ''; count++) {
    const word = c.peek(count).upper;
    if (word === '' || c.peek(count - 1).text === '.') continue;
    if (word === 'CASE' || (word === 'BEGIN' && !NO_BLOCK.has(c.peek(count + 1).upper))) open++;
    else if (word === 'END' && c.peek(count + 1).upper !== 'CONVERSATION' && open-- === 0) break;
  }
  const statements = readStatements(c, count);
  c.expect('END');
  return statements;
}

const NO_BLOCK: ReadonlySet<string> = new Set([
  'TRAN',
  'TRANSACTION',
  'DISTRIBUTED',
  'DIALOG',
  'CONVERSATION',
]);

/** The statements that the next tokens are. */
export function readStatements(c: Cursor, count: number): Statement[] {
  if (count <= 0) return [];
  const { start } = c.token;
  const end = c.peek(count - 1).end;
  const statements: Statement[] = [];
  for (const range of splitStatements(c.text.slice(start, end), 'tsql')) {
    while (!c.atEnd && c.token.start < start + range.start) c.advance();
    let tokens = 0;
    for (let next = c.peek(0); next.text !== '' && next.start < start + range.end; next = c.peek(tokens))
      tokens++;
    if (tokens === 0) continue;
    if (range.kind === 'sql') statements.push(readAlone(c, tokens));
    else {
      c.problem('a batch cannot end here');
      for (let i = 0; i < tokens; i++) c.advance();
    }
  }
  while (!c.atEnd && c.token.start < end) c.advance();
  return statements;
}

/** The statement that the next tokens are. */
function readAlone(c: Cursor, count: number): Statement {
  const inner = c.part(count);
  const statement = parseAnyStatement(inner);
  while (inner.acceptSymbol(';'));
  if (!inner.atEnd) {
    inner.problem(`"${inner.token.text}" is not expected here`);
    const { start } = inner.token;
    while (!inner.atEnd) inner.advance();
    inner.opaqueFrom(start, 'after the end of the statement');
  }
  return statement;
}

/** The statement behind a condition or ELSE. */
function readNested(c: Cursor): Statement[] {
  switch (c.token.upper) {
    case 'IF':
    case 'WHILE':
      return [parseCompound(c)];
    case 'BEGIN':
      if (!NO_BLOCK.has(c.peek(1).upper)) return [parseCompound(c)];
      break;
    default:
  }
  let open = 0;
  let count = 0;
  for (; c.peek(count).text !== ''; count++) {
    const { text, upper } = c.peek(count);
    if (text === '(' || upper === 'CASE') open++;
    else if (text === ')' || upper === 'END') open--;
    else if (open === 0 && (text === ';' || upper === 'ELSE')) break;
  }
  if (count === 0) return [c.missing('a statement')];
  return [readAlone(c, count)];
}
