/** What T-SQL says of a table, a column, an index or a view beside its columns, types and keys. */
import type { Property } from '../../ast.ts';
import type { Cursor } from '../cursor.ts';
import { readValue } from '../literals.ts';
import { closeParens, isLabel, readIdentifier } from '../names.ts';
import { finish } from '../properties.ts';

/** Words of a column, an index or a foreign key that stand alone; the longer before the shorter. */
const PHRASES = [
  'NOT FOR REPLICATION',
  'WITH CHECK OPTION',
  'AS FILETABLE',
  'AS NODE',
  'AS EDGE',
  'ROWGUIDCOL',
  'SPARSE',
  'FILESTREAM',
  'HIDDEN',
] as const;
/** What a partition scheme, a file group or the like follows. */
const PLACES: ReadonlySet<string> = new Set(['ON', 'TEXTIMAGE_ON', 'FILESTREAM_ON']);

/**
 * `WITH (name = value, …)`, `ON [PRIMARY]`, `ON scheme (column)`, `MASKED WITH (…)`, `ENCRYPTED WITH (…)`, `SPARSE` …
 *
 * @returns null where none begins
 */
export function readTransactProperty(c: Cursor): Property | null {
  const { start, upper, kind } = c.token;
  if (kind !== 'word') return null;
  const phrase = PHRASES.find((words) => words.split(' ').every((word, i) => c.peek(i).upper === word));
  if (phrase !== undefined) {
    for (let i = 0; i < phrase.split(' ').length; i++) c.advance();
    return finish(c, start, phrase, null);
  }
  if (upper === 'PERIOD' && c.peek(1).upper === 'FOR' && c.peek(2).upper === 'SYSTEM_TIME') {
    for (let i = 0; i < 3; i++) c.advance();
    return finish(c, start, 'PERIOD FOR SYSTEM_TIME', null, readOptions(c));
  }
  if (PLACES.has(upper) && isPlace(c)) return readPlace(c);
  if ((upper === 'MASKED' || upper === 'ENCRYPTED') && c.peek(1).upper === 'WITH') {
    c.advance();
    c.advance();
    return finish(c, start, `${upper} WITH`, null, readOptions(c));
  }
  if (upper === 'WITH' && c.peek(1).text === '(') {
    c.advance();
    return finish(c, start, 'WITH', null, readOptions(c));
  }
  // the old form of an index' options: WITH FILLFACTOR = 80, IGNORE_DUP_KEY
  if (upper === 'WITH' && c.peek(1).upper === 'FILLFACTOR') {
    c.advance();
    return finish(c, start, 'WITH', null, readList(c));
  }
  return null;
}

/** ON DELETE CASCADE is what happens to a foreign key; ON [PRIMARY], ON "default" and ON scheme (column) are places. */
function isPlace(c: Cursor): boolean {
  const next = c.peek(1);
  if (!isLabel(next) && next.kind !== 'string') return false;
  return next.upper !== 'DELETE' && next.upper !== 'UPDATE';
}

function readPlace(c: Cursor): Property {
  const { start, upper } = c.advance();
  const value = readIdentifier(c);
  if (c.isSymbol('(')) c.skip();
  return finish(c, start, upper, value);
}

/** `(name = value, name = ON (more), name (more))`, the current token being the opening parenthesis. */
export function readOptions(c: Cursor): Property[] {
  if (!c.isSymbol('(') || !c.enter()) return [];
  c.advance();
  const options = c.isSymbol(')') ? [] : readList(c);
  closeParens(c);
  c.leave();
  return options;
}

function readList(c: Cursor): Property[] {
  const options: Property[] = [];
  do options.push(readOption(c));
  while (c.acceptSymbol(','));
  return options;
}

/** `FILLFACTOR = 80`, `SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.h)`, `MAX_DURATION = 5 MINUTES`, `DISTRIBUTION = HASH(a)`. */
function readOption(c: Cursor): Property {
  const { start } = c.token;
  const words: string[] = [];
  while (isLabel(c.token)) words.push(c.advance().text.toUpperCase());
  let value: Property['value'] = null;
  let options: readonly Property[] = [];
  if (c.acceptSymbol('=')) {
    value = isLabel(c.token) ? readIdentifier(c) : readValue(c);
    if (value === null) c.problem('the value is missing');
  }
  while (c.isSymbol('.')) {
    c.advance();
    if (isLabel(c.token)) readIdentifier(c);
  }
  if (c.isSymbol('(')) {
    // HASH(a), ON (…): options again, or names
    options = readOptions(c);
  }
  // 5 MINUTES; DATA_COMPRESSION = PAGE ON PARTITIONS (1 TO 3, 5)
  while (!c.atClose && !c.isSymbol(',')) c.skip();
  if (c.lastEnd <= start) c.problem('an option is missing');
  return finish(c, start, words.join(' '), value, options);
}
