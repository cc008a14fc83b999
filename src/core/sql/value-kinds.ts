/** What may be said of a literal without telling its value. */

const FIELDS =
  'microseconds|milliseconds|second|minute|hour|day|week|month|quarter|year|decade|century|dow|doy|epoch|isodow|isoyear';
/** '1 month', '7 days 2 hours' */
const INTERVAL = new RegExp(`^(-?\\d+\\s+(${FIELDS})s?\\s*)+$`, 'i');
/** a format of to_char: only its codes and separators */
const FORMAT =
  /^(YYYY|YY|MM|MON|Month|DD|DDD|DY|Day|HH24|HH12|HH|MI|SS|MS|US|TZ|Q|WW|IW|ID|IYYY|[-/:., T])+$/;

/**
 * True for a literal that belongs to the statement's form and not to its data: whole numbers below 10, which are
 * positions, lengths and counts; names of date fields, lengths of time, date formats; the empty string.
 */
export function isStructural(literal: string): boolean {
  if (/^\d$/.test(literal)) return true;
  const content = stringContent(literal);
  if (content === null) return false;
  if (content === '' || new RegExp(`^(${FIELDS})s?$`, 'i').test(content)) return true;
  return INTERVAL.test(content) || FORMAT.test(content);
}

/** 'a whole number', 'a text that looks like a date': enough to write a rewrite that has the right types. */
export function describeValue(literal: string): string {
  const content = stringContent(literal);
  if (content === null) {
    if (/^\d+$/.test(literal)) return 'a whole number';
    return /^[\d.]+(e[-+]?\d+)?$/i.test(literal) ? 'a number with decimals' : 'a constant';
  }
  if (/^\d{4}-\d{2}-\d{2}$/.test(content)) return 'a text that is a date';
  if (/^\d{4}-\d{2}-\d{2}[ T]\d/.test(content)) return 'a text that is a point in time';
  if (/^-?\d+$/.test(content)) return 'a text that is a whole number';
  if (/^-?\d+\.\d+$/.test(content)) return 'a text that is a number with decimals';
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-/i.test(content)) return 'a text that is a UUID';
  if (/^[%_]/.test(content)) return 'a text that begins with a LIKE wildcard';
  if (/[%_]$/.test(content)) return 'a text that ends with a LIKE wildcard';
  if (/%/.test(content)) return 'a text with a LIKE wildcard inside';
  return 'a text';
}

function stringContent(literal: string): string | null {
  const match = /^[EN]?'([\s\S]*)'$/i.exec(literal);
  return match ? (match[1] ?? '') : null;
}
