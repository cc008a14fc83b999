/**
 * The UTF-16 offset of a character that PostgreSQL points at.
 *
 * @param position counted from 1 in characters (code points), as in the error field `P`
 */
export function offsetOfCharacter(text: string, position: number): number {
  let offset = 0;
  for (let character = 1; character < position && offset < text.length; character++) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}
