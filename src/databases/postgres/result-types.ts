/** Names of result types, as format_type() prints them, asked of the server once per type and modifier. */
import type { Client } from 'pg';
import type { ResultColumn } from '../../core/database.ts';
import { runExtended, type WireField } from './wire.ts';

/** Built-in types whose object numbers are fixed in pg_type.dat; without modifiers. */
const BUILT_IN: readonly (readonly [number, string])[] = [
  [16, 'boolean'],
  [17, 'bytea'],
  [19, 'name'],
  [20, 'bigint'],
  [21, 'smallint'],
  [23, 'integer'],
  [25, 'text'],
  [114, 'json'],
  [700, 'real'],
  [701, 'double precision'],
  [1043, 'character varying'],
  [1082, 'date'],
  [1114, 'timestamp without time zone'],
  [1184, 'timestamp with time zone'],
  [1186, 'interval'],
  [1700, 'numeric'],
  [2950, 'uuid'],
  [3802, 'jsonb'],
];

export class ResultTypes {
  private readonly names = new Map<string, string>(BUILT_IN.map(([oid, name]) => [keyOf(oid, -1), name]));

  /** The columns of a result; asks the server for types that were not seen before. */
  async columns(client: Client, fields: readonly WireField[]): Promise<ResultColumn[]> {
    const unknown = fields.filter(
      (field) => !this.names.has(keyOf(field.dataTypeID, field.dataTypeModifier)),
    );
    if (unknown.length > 0) await this.ask(client, unknown);
    return fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
      name,
      type: this.names.get(keyOf(dataTypeID, dataTypeModifier)) ?? `type ${dataTypeID}`,
    }));
  }

  private async ask(client: Client, fields: readonly WireField[]): Promise<void> {
    const { rows } = await runExtended(client, {
      text: `SELECT t.oid, t.modifier, format_type(t.oid, t.modifier)
               FROM unnest($1::oid[], $2::int[]) AS t (oid, modifier)`,
      values: [
        `{${fields.map((field) => field.dataTypeID).join(',')}}`,
        `{${fields.map((field) => field.dataTypeModifier).join(',')}}`,
      ],
    });
    for (const [oid, modifier, name] of rows) {
      if (name) this.names.set(keyOf(Number(oid), Number(modifier)), name);
    }
  }
}

function keyOf(oid: number, modifier: number): string {
  return `${oid} ${modifier}`;
}
