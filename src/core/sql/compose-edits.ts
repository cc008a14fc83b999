/** Edits of edited text, expressed on the original: a chain of rewrites stays one small diff. */
import { sortEdits, type TextEdit } from './text.ts';

/** A stretch of an edited text: characters of the original, or new ones. */
type Piece = { readonly start: number; readonly end: number } | { readonly text: string };

/**
 * Edits on `source` that have the same result as applying `first` to it and `second` to what comes out.
 *
 * @param first edits on `source`
 * @param second edits on the text that `first` makes
 * @returns the edits in order, {@link minimalEdits trimmed}; at least one kept character lies between two of them
 * @throws RangeError when edits of one list overlap or lie outside of their text
 */
export function composeEdits(
  source: string,
  first: readonly TextEdit[],
  second: readonly TextEdit[],
): TextEdit[] {
  const original: Piece[] = [{ start: 0, end: source.length }];
  return minimalEdits(source, editsOf(source, editPieces(editPieces(original, first), second)));
}

/**
 * The same edits without what they only repeat: characters at the beginning and end of an edit that are the same
 * before and after are left out of it, as long as no word, number or operator is cut in two. Edits that change nothing
 * are dropped.
 *
 * @returns the edits in the order of their places
 */
export function minimalEdits(source: string, edits: readonly TextEdit[]): TextEdit[] {
  return sortEdits(edits)
    .map((edit) => trimmed(source, edit))
    .filter((edit) => edit.start < edit.end || edit.text !== '');
}

/** Apply edits, given on the text that the pieces make up. */
function editPieces(pieces: readonly Piece[], edits: readonly TextEdit[]): Piece[] {
  const result: Piece[] = [];
  const cursor = new PieceCursor(pieces);
  for (const edit of sortEdits(edits)) {
    if (edit.start < cursor.at) throw new RangeError(`edits overlap at offset ${edit.start}`);
    if (edit.end < edit.start) throw new RangeError(`edit ${edit.start}..${edit.end} ends before it starts`);
    cursor.moveTo(edit.start, result);
    cursor.moveTo(edit.end, null);
    if (edit.text !== '') result.push({ text: edit.text });
  }
  cursor.finish(result);
  return result;
}

/** Walks over pieces by offsets of the text that they make up. */
class PieceCursor {
  /** the offset reached so far */
  at = 0;
  private readonly pieces: readonly Piece[];
  private index = 0;
  /** how much of the current piece lies behind */
  private inside = 0;

  constructor(pieces: readonly Piece[]) {
    this.pieces = pieces;
  }

  /** Go on to an offset; what lies between goes to `into`. */
  moveTo(offset: number, into: Piece[] | null): void {
    while (this.at < offset) {
      const piece = this.pieces[this.index];
      if (piece === undefined) throw new RangeError(`edit at ${offset} lies outside of a text of ${this.at}`);
      const length = Math.min(lengthOf(piece) - this.inside, offset - this.at);
      into?.push(slice(piece, this.inside, this.inside + length));
      this.at += length;
      this.inside += length;
      if (this.inside === lengthOf(piece)) {
        this.index++;
        this.inside = 0;
      }
    }
  }

  /** Go on to the end. */
  finish(into: Piece[]): void {
    const rest = this.pieces.slice(this.index);
    const [current] = rest;
    if (current === undefined) return;
    into.push(slice(current, this.inside, lengthOf(current)), ...rest.slice(1));
  }
}

/** The edits that lead from the source to the text of the pieces, whose kept stretches stand in their old order. */
function editsOf(source: string, pieces: readonly Piece[]): TextEdit[] {
  const edits: TextEdit[] = [];
  let at = 0;
  let text = '';
  const flush = (upTo: number) => {
    if (at < upTo || text !== '') edits.push({ start: at, end: upTo, text });
    text = '';
  };
  for (const piece of pieces) {
    if ('text' in piece) text += piece.text;
    else if (piece.start < piece.end) {
      flush(piece.start);
      at = piece.end;
    }
  }
  flush(source.length);
  return edits;
}

function trimmed(source: string, { start, end, text }: TextEdit): TextEdit {
  const old = source.slice(start, end);
  const shorter = Math.min(old.length, text.length);
  let prefix = 0;
  while (prefix < shorter && old[prefix] === text[prefix]) prefix++;
  while (prefix > 0 && (cutsToken(old, prefix) || cutsToken(text, prefix))) prefix--;
  let suffix = 0;
  while (suffix < shorter - prefix && old.at(-1 - suffix) === text.at(-1 - suffix)) suffix++;
  while (suffix > 0 && (cutsToken(old, old.length - suffix) || cutsToken(text, text.length - suffix)))
    suffix--;
  return { start: start + prefix, end: end - suffix, text: text.slice(prefix, text.length - suffix) };
}

/** True when the characters on both sides of the offset belong to one word, number, operator or line break. */
function cutsToken(text: string, at: number): boolean {
  const before = text[at - 1];
  const after = text[at];
  if (before === undefined || after === undefined) return false;
  return (
    (isWordCharacter(before) && isWordCharacter(after)) ||
    (isOperatorCharacter(before) && isOperatorCharacter(after)) ||
    (before === '\r' && after === '\n') ||
    (before === after && /['"`]/.test(before))
  );
}

function isWordCharacter(character: string): boolean {
  return /[\w$#@.\u0080-\uffff]/.test(character);
}

function isOperatorCharacter(character: string): boolean {
  return /[-+*/<>=~!%^&|?:]/.test(character);
}

function lengthOf(piece: Piece): number {
  return 'text' in piece ? piece.text.length : piece.end - piece.start;
}

function slice(piece: Piece, from: number, to: number): Piece {
  if ('text' in piece) return { text: piece.text.slice(from, to) };
  return { start: piece.start + from, end: piece.start + to };
}
