/**
 * Judges the indexes that are there: which of them another one makes needless, which nothing has read, which were never
 * finished, and which foreign keys have none. An index is offered to be dropped only if nothing else rests on it and the
 * statement that creates it again is known exactly.
 */
import type { Catalog, Index, Table } from '../catalog/catalog.ts';
import type { IndexStatistics } from '../workload/index-usage.ts';
import { beginsWithAll, redundancy, servesForeignKey } from './compare-indexes.ts';
import { DetailsByName, type IndexDetails, nameKey, type SchemaDetails } from './index-details.ts';
import { type UncoveredForeignKey, uncoveredForeignKeys } from './uncovered-foreign-keys.ts';

/** Days that reads must have been counted before an index without any is called unused: a month's end is in them. */
export const LEAST_DAYS = 31;
/** An index that begins another one is offered to be dropped while the other is at most so many times its size. */
const MOST_TIMES_LARGER = 2;
/** What has to be known of a database before anything in it is offered to be dropped. */
const NEEDED = new Set(['tables', 'columns', 'constraints', 'indexes']);
const UNKNOWN_DEFINITION = 'what it would take to create it again exactly is not known';

/** The statements that drop an index and create it again. */
export interface DropOffer {
  readonly ddl: string;
  readonly undo: string;
}

interface Judged {
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  /** key columns and expressions in their order */
  readonly columns: readonly string[];
  readonly bytes: number | null;
  /** null: it is only reported, and `reason` says why it is not offered */
  readonly drop: DropOffer | null;
  readonly reason: string;
}

export interface NeedlessIndex extends Judged {
  readonly kind: 'duplicate' | 'prefix';
  /** the index that does all that it does */
  readonly coveredBy: string;
}

export interface UnreadIndex extends Judged {
  readonly tableWrites: number;
  /** ISO 8601, UTC */
  readonly since: string | null;
  readonly days: number | null;
}

export interface InvalidIndex {
  readonly schema: string;
  readonly table: string;
  readonly index: string;
  readonly columns: readonly string[];
  /** the statement that builds it anew; null when another index does its work, or only a person can tell what is meant */
  readonly rebuild: string | null;
  /** what drops it, when another index does its work */
  readonly drop: DropOffer | null;
  readonly reason: string;
}

export interface IndexJudgement {
  readonly duplicates: readonly NeedlessIndex[];
  readonly unused: readonly UnreadIndex[];
  readonly invalid: readonly InvalidIndex[];
  readonly foreignKeys: readonly UncoveredForeignKey[];
}

export interface JudgeInput {
  readonly catalog: Catalog;
  readonly details: SchemaDetails;
  /** null: reads are not counted, or not known */
  readonly usage: IndexStatistics | null;
  /** the time that counting periods end at, milliseconds since 1970 */
  readonly now: number;
  /** is that index, by the catalog's names, in use by what is known of the workload */
  readonly inUse?: (schema: string, table: string, index: string) => boolean;
}

/** Judge every index of the catalog's tables. */
export function judgeIndexes(input: JudgeInput): IndexJudgement {
  const details = new DetailsByName(input.details, input.catalog.dialect);
  const tables = input.catalog.tables.filter(({ kind }) => kind === 'table' || kind === 'materializedView');
  const judged = tables.map((table) => new TableJudge(table, input, details).judge());
  return {
    duplicates: judged.flatMap(({ duplicates }) => duplicates),
    unused: judged
      .flatMap(({ unused }) => unused)
      .sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0) || b.tableWrites - a.tableWrites),
    invalid: judged.flatMap(({ invalid }) => invalid),
    foreignKeys: input.catalog.tables.flatMap((table) => uncoveredForeignKeys(table, input.catalog, details)),
  };
}

class TableJudge {
  private readonly table: Table;
  private readonly input: JudgeInput;
  private readonly details: DetailsByName;
  /** offered to be dropped */
  private readonly dropped = new Set<Index>();
  /** what a dropped one is needless by: they stay */
  private readonly kept = new Set<Index>();

  constructor(table: Table, input: JudgeInput, details: DetailsByName) {
    this.table = table;
    this.input = input;
    this.details = details;
  }

  judge(): Omit<IndexJudgement, 'foreignKeys'> {
    const duplicates = this.duplicates();
    const invalid = this.invalid();
    return { duplicates, invalid, unused: this.unused() };
  }

  private duplicates(): NeedlessIndex[] {
    const found: NeedlessIndex[] = [];
    // the one that does the least goes first: not unique, of few columns, small
    const order = [...this.table.indexes].sort(
      (a, b) =>
        Number(this.isTied(a)) - Number(this.isTied(b)) ||
        Number(a.unique) - Number(b.unique) ||
        a.columns.length - b.columns.length ||
        b.name.length - a.name.length ||
        (a.name < b.name ? 1 : -1),
    );
    const needless = new Set<Index>();
    for (const index of order) {
      const cover = index.valid ? this.coverOf(index, needless) : null;
      if (!cover) continue;
      const { other, kind } = cover;
      needless.add(index);
      const why =
        this.reasonToKeep(index) ??
        this.differenceOf(index, other, kind) ??
        (this.kept.has(index) ? 'another one is offered to be dropped because this one does its work' : null);
      const drop = why === null ? this.offer(index) : null;
      if (drop) {
        this.dropped.add(index);
        this.kept.add(other);
      }
      const same = kind === 'duplicate' ? 'has the same columns' : 'begins with its columns';
      const but = drop ? '' : ` It is not offered to be dropped: ${why ?? UNKNOWN_DEFINITION}.`;
      found.push({
        ...this.named(index),
        ...{ kind, coveredBy: other.name, drop },
        reason: `${other.name} ${same} and serves every search that ${index.name} serves.${but}${drop ? this.hintWarning() : ''}`,
      });
    }
    return found;
  }

  /** MySQL and SQL Server refuse a statement whose hint names an index that is not there. */
  private hintWarning(): string {
    return this.input.catalog.dialect === 'postgresql'
      ? ''
      : ' Look for statements that name it in a hint: they would fail without it.';
  }

  private coverOf(
    index: Index,
    needless: ReadonlySet<Index>,
  ): { other: Index; kind: NeedlessIndex['kind'] } | null {
    const { dialect } = this.input.catalog;
    const covers = this.table.indexes.flatMap((other) => {
      if (other === index || needless.has(other)) return [];
      const kind = redundancy(index, other, dialect);
      return kind === null ? [] : [{ other, kind }];
    });
    covers.sort(
      (a, b) =>
        Number(a.kind === 'prefix') - Number(b.kind === 'prefix') ||
        a.other.columns.length - b.other.columns.length,
    );
    return covers[0] ?? null;
  }

  /** Why an index that another one covers may still do something that the other does not. */
  private differenceOf(index: Index, other: Index, kind: NeedlessIndex['kind']): string | null {
    const { dialect } = this.input.catalog;
    if (dialect !== 'postgresql' && other.primary) {
      return `${other.name} holds the whole rows, so that counts and searches for these columns alone read less in ${index.name}`;
    }
    if (kind === 'duplicate') {
      // the server's words tell what columns do not, such as WITHOUT OVERLAPS
      const differs = dialect !== 'postgresql' && index.unique && this.keyText(index) !== this.keyText(other);
      return differs ? `its definition differs from that of ${other.name}` : null;
    }
    if (dialect !== 'postgresql') {
      // the primary key stands behind the columns of every index of InnoDB, and behind those of SQL Server's
      return `rows of the same ${columnsOf(index).join(', ')} are in the primary key’s order in it, and in another one in ${other.name}`;
    }
    if (index.bytes === null || other.bytes === null) return 'the sizes of the two are not known';
    if (other.bytes > MOST_TIMES_LARGER * index.bytes) {
      return `${other.name} is ${Math.round(other.bytes / index.bytes)} times as large, so that searches would read more`;
    }
    return null;
  }

  /** The columns and options of a key of MySQL or MariaDB, as SHOW CREATE TABLE has them behind the name. */
  private keyText(index: Index): string | null {
    return /KEY `(?:[^`]|``)+` (.*)$/s.exec(this.detailsOf(index)?.create ?? '')?.[1] ?? null;
  }

  private unused(): UnreadIndex[] {
    const { usage, catalog, now, inUse } = this.input;
    if (!usage) return [];
    const { schema, name: table } = this.table;
    const reads = new Map(
      usage.indexes.map((one) => [nameKey(catalog.dialect, one.schema, one.table, one.index), one]),
    );
    const days = usage.since === null ? null : (now - Date.parse(usage.since)) / 86_400_000;
    return this.table.indexes.flatMap((index): UnreadIndex[] => {
      const counts = reads.get(nameKey(catalog.dialect, schema, table, index.name));
      if (counts?.reads !== 0 || !index.valid || this.dropped.has(index)) return [];
      // these do more than being read
      if (index.unique || index.primary || this.isTied(index)) return [];
      if (servesForeignKey(this.table, index) || this.isReferenced(index) || this.kept.has(index)) return [];
      if (inUse?.(schema, table, index.name)) return [];
      const why = this.unusedButKept(index, days);
      const drop = why === null ? this.offer(index) : null;
      if (drop) this.dropped.add(index);
      const period =
        usage.since === null
          ? 'since the counts began'
          : `since ${usage.since.slice(0, 10)} (${daysText(days)})`;
      const but = drop
        ? ' If it is younger than that, only since it was created: servers do not keep when. A use that is rarer, and one on a replica, is not in the counts.'
        : ` It is not offered to be dropped: ${why ?? UNKNOWN_DEFINITION}.`;
      return [
        {
          ...this.named(index),
          ...{ tableWrites: counts.tableWrites, since: usage.since, drop },
          days: days === null ? null : Math.floor(days),
          reason: `Nothing has read it ${period}.${but}`,
        },
      ];
    });
  }

  /** Other tables' foreign keys refer to its columns: in InnoDB they rest on an index that need not be unique. */
  private isReferenced(index: Index): boolean {
    return this.input.catalog.tables.some(({ foreignKeys }) =>
      foreignKeys.some(
        ({ references: { schema, table, columns } }) =>
          schema === this.table.schema && table === this.table.name && beginsWithAll(index, columns),
      ),
    );
  }

  private unusedButKept(index: Index, days: number | null): string | null {
    if (this.input.catalog.dialect !== 'postgresql') {
      return 'this server begins to count anew when the indexes of a table are changed, and does not tell when that was';
    }
    if (days === null) return 'since when reads are counted is not known';
    if (days < LEAST_DAYS) {
      return `reads are counted for ${daysText(days)} only, and a use at the end of a month would not be seen (${LEAST_DAYS} days are needed)`;
    }
    if (index.columns.some(({ column }) => column === null)) {
      return 'the planner estimates by the statistics of its expression, whether the index is read or not';
    }
    return this.reasonToKeep(index);
  }

  private invalid(): InvalidIndex[] {
    return this.table.indexes.flatMap((index): InvalidIndex[] => {
      if (index.valid || this.detailsOf(index)?.building) return [];
      const { bytes: _bytes, ...named } = this.named(index);
      return [{ ...named, ...this.invalidAdvice(index) }];
    });
  }

  private invalidAdvice(index: Index): Pick<InvalidIndex, 'rebuild' | 'drop' | 'reason'> {
    const { dialect } = this.input.catalog;
    if (dialect !== 'postgresql') {
      const word = dialect === 'tsql' ? 'disabled' : dialect === 'mysql' ? 'invisible' : 'ignored';
      return {
        rebuild: null,
        drop: null,
        reason: `It is ${word}: no search uses it. Someone has set it so.`,
      };
    }
    const known = this.reasonToKeep(index) === null ? this.detailsOf(index) : null;
    const cost = 'no search uses it, and every write goes to it';
    const cover = this.coverOf(index, this.dropped);
    if (cover) {
      const drop = known ? this.offer(index) : null;
      if (drop) this.kept.add(cover.other);
      const reason = `It was never finished: ${cost}. ${cover.other.name} serves what it was meant for.`;
      return { rebuild: null, drop, reason };
    }
    if (/_cc(new|old)\d*$/.test(index.name)) {
      const reason = `A REINDEX CONCURRENTLY that failed has left it behind: ${cost}. Look whether the index that it was to replace is there, then drop it.`;
      return { rebuild: null, drop: null, reason };
    }
    return {
      rebuild: known ? `REINDEX INDEX CONCURRENTLY ${nameInDrop(known)};` : null,
      drop: null,
      reason: `A CREATE INDEX CONCURRENTLY that failed has left it behind: ${cost}.`,
    };
  }

  private isTied(index: Index): boolean {
    return (this.detailsOf(index)?.restsOn.length ?? 0) > 0;
  }

  private detailsOf(index: Index): IndexDetails | null {
    return this.details.index(this.table.schema, this.table.name, index.name);
  }

  private reasonToKeep(index: Index): string | null {
    if (this.input.details.standby)
      return 'this server follows another one, and only there can it be dropped';
    const gap = this.input.catalog.gaps.find(({ what }) => NEEDED.has(what));
    if (gap) return `the ${gap.what} could not all be read, so what rests on it is not known`;
    const known = this.detailsOf(index);
    if (!known) return UNKNOWN_DEFINITION;
    if (known.building) return 'it is being built at this moment';
    const [first] = known.restsOn;
    return first === undefined ? null : `${first} rests on it`;
  }

  private offer(index: Index): DropOffer | null {
    const known = this.detailsOf(index);
    if (!known || known.create === null || known.restsOn.length > 0 || known.building) return null;
    return { ddl: `${known.drop};`, undo: `${known.create};` };
  }

  private named(index: Index) {
    const { schema, name: table } = this.table;
    return { schema, table, index: index.name, columns: columnsOf(index), bytes: index.bytes };
  }
}

function columnsOf(index: Index): string[] {
  return index.columns.map(({ column, expression }) => column ?? expression ?? '');
}

function nameInDrop({ drop }: IndexDetails): string {
  return drop.replace(/^DROP INDEX (CONCURRENTLY )?/, '');
}

function daysText(days: number | null): string {
  const whole = Math.floor(days ?? 0);
  return `${whole} day${whole === 1 ? '' : 's'}`;
}
