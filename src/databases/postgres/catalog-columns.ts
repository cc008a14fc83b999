import type { Column, ColumnStatistics, TypeFamily } from '../../core/catalog/catalog.ts';
import { typeFamily } from '../../core/catalog/type-family.ts';
import type { ColumnRow, StatisticsRow } from './catalog-rows.ts';

export function columnOf(row: ColumnRow, statistics: ColumnStatistics | null): Column {
  return {
    name: row.name,
    type: row.type,
    family: familyOf(row),
    notNull: row.notNull,
    hasDefault: row.hasDefault,
    generated: row.generated,
    collation: row.collation,
    deterministicCollation: row.deterministic,
    statistics,
  };
}

/** What the catalog says of the type comes first: a name alone does not tell an enum or a domain. */
function familyOf({ typtype, category, type, base }: ColumnRow): TypeFamily {
  if (category === 'A') return 'array';
  if (typtype === 'e') return 'enum';
  if (typtype === 'r' || typtype === 'm') return 'range';
  return typeFamily(base ?? type, 'postgresql');
}

type StatisticsOf = (
  schema: string,
  table: string,
  column: string,
  rows: number | null,
) => ColumnStatistics | null;

/** Look-up of statistics; rows that include child tables come last and win. */
export function statisticsByColumn(rows: readonly StatisticsRow[]): StatisticsOf {
  const key = (...names: string[]) => names.join('\u0000');
  const found = new Map(rows.map((row) => [key(row.schema, row.table, row.column), row]));
  return (schema, table, column, tableRows) => {
    const row = found.get(key(schema, table, column));
    return row ? statisticsOf(row, tableRows) : null;
  };
}

function statisticsOf(row: StatisticsRow, tableRows: number | null): ColumnStatistics {
  const frequencies = row.frequencies ?? [];
  return {
    nullFraction: row.nullFraction,
    distinct: row.distinct < 0 ? Math.max(1, Math.round(-row.distinct * (tableRows ?? 1))) : row.distinct,
    correlation: row.correlation,
    averageWidth: row.width,
    mostCommon: texts(row.values).flatMap((value, index) => {
      const frequency = frequencies[index];
      return frequency === undefined ? [] : [{ value, frequency }];
    }),
    histogram: texts(row.histogram),
  };
}

function texts(values: readonly unknown[] | null): string[] {
  return (values ?? []).map(String);
}
