/** Elements, columns and expressions of showplan XML. */

/** An element without the prefix of its name; text between elements carries nothing here. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
}

/** The first child of that name. */
export function find(element: XmlElement, name: string): XmlElement | null {
  return element.children.find((child) => child.name === name) ?? null;
}

/** All elements of that name below, in document order. */
export function descendants(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...descendants(child, name),
  ]);
}

export function numberOf({ attributes }: XmlElement, name: string): number | null {
  const text = attributes[name];
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

/** `o.total` for a column of a table, `Expr1002` for a computed one. */
export function columnName({ attributes }: XmlElement): string {
  const { Alias: alias, Table: table, Column: column = '' } = attributes;
  const owner = alias ?? table;
  return owner === undefined ? short(column) : `${short(owner)}.${short(column)}`;
}

/** The expressions of a predicate as text, null when there are none. */
export function scalarsOf(predicate: XmlElement | null): string | null {
  const texts = (predicate?.children ?? []).flatMap(({ name, attributes }) =>
    name === 'ScalarOperator' && attributes['ScalarString'] !== undefined
      ? [conditionText(attributes['ScalarString'])]
      : [],
  );
  return texts.length === 0 ? null : texts.join(' AND ');
}

/** `[shop].[dbo].[orders].[total] as [o].[total]>(5)` as `o.total>(5)`: with aliases where there are some. */
export function conditionText(scalar: string): string {
  const name = String.raw`\[(?:[^\]]|\]\])*\]`;
  return scalar
    .replace(new RegExp(`(?:${name}\\.){1,3}${name} as (${name}\\.${name})`, 'g'), '$1')
    .replace(new RegExp(`(?:${name}\\.){2}(${name}\\.${name})`, 'g'), '$1')
    .replace(new RegExp(name, 'g'), short);
}

/** Without brackets where a name is a plain one. */
function short(name: string): string {
  return name.replace(/^\[([A-Za-z_@#][\w@#$]*)\]$/, '$1');
}

const COMPARISONS: Readonly<Record<string, string>> = {
  EQ: '=',
  GE: '>=',
  GT: '>',
  LE: '<=',
  LT: '<',
  IS: 'IS',
  NE: '<>',
};

/** What an index is searched by; several searches of one scan are alternatives. */
export function seekCondition(work: XmlElement): string | null {
  const predicates = find(work, 'SeekPredicates');
  if (!predicates) return null;
  const searches = descendants(predicates, 'SeekKeys').map((keys) =>
    keys.children.flatMap(rangeConditions).join(' AND '),
  );
  return searches.length === 0 ? null : searches.join(' OR ');
}

function rangeConditions({ attributes, children, name }: XmlElement): string[] {
  if (name === 'IsNotNull') {
    return children.map((column) => `${columnName(column)} IS NOT NULL`);
  }
  const inside = (part: string) => children.find((child) => child.name === part)?.children ?? [];
  const values = inside('RangeExpressions');
  const comparison = COMPARISONS[attributes['ScanType'] ?? 'EQ'] ?? '=';
  return inside('RangeColumns').map((column, index) => {
    const value = values[index]?.attributes['ScalarString'];
    return `${columnName(column)} ${comparison} ${value === undefined ? '?' : conditionText(value)}`;
  });
}
