/** FOR UPDATE and its kin. */
import type { Identifier, Locking } from '../ast.ts';
import type { Cursor } from './cursor.ts';
import { parseQualifiedName } from './names.ts';

/** True where a locking clause begins (not FOR XML, FOR JSON, FOR READ ONLY). */
export function atLocking(c: Cursor): boolean {
  const next = c.peek(1).upper;
  if (c.is('LOCK')) return next === 'IN';
  return c.is('FOR') && (next === 'UPDATE' || next === 'SHARE' || next === 'NO' || next === 'KEY');
}

/** FOR UPDATE | NO KEY UPDATE | SHARE | KEY SHARE [OF names] [NOWAIT | SKIP LOCKED | WAIT n]; MySQL's LOCK IN SHARE MODE. */
export function parseLocking(c: Cursor): Locking {
  const { start, upper } = c.advance();
  if (upper === 'LOCK') {
    c.advance();
    c.expect('SHARE');
    c.expect('MODE');
    const wait = readWait(c);
    return { kind: 'locking', start, end: c.lastEnd, strength: 'SHARE', of: [], wait };
  }
  const strength = readStrength(c);
  const of: Identifier[] = [];
  if (c.accept('OF')) {
    do of.push(...parseQualifiedName(c));
    while (c.acceptSymbol(','));
  }
  const wait = readWait(c);
  return { kind: 'locking', start, end: c.lastEnd, strength, of, wait };
}

function readStrength(c: Cursor): Locking['strength'] {
  switch (c.advance().upper) {
    case 'NO':
      c.expect('KEY');
      c.expect('UPDATE');
      return 'NO KEY UPDATE';
    case 'KEY':
      c.expect('SHARE');
      return 'KEY SHARE';
    case 'SHARE':
      return 'SHARE';
    default:
      return 'UPDATE';
  }
}

function readWait(c: Cursor): Locking['wait'] {
  if (c.accept('NOWAIT')) return 'NOWAIT';
  // MariaDB's WAIT n: another limit of waiting, not another result
  if (c.is('WAIT') && c.peek(1).kind === 'number') {
    c.advance();
    c.advance();
    return null;
  }
  return c.acceptWords('SKIP', 'LOCKED') ? 'SKIP LOCKED' : null;
}
