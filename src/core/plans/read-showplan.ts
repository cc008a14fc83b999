/**
 * SQL Server's showplan XML, estimated (SET SHOWPLAN_XML) and actual (SET STATISTICS XML), as a {@link Plan}. For
 * versions 2016 to 2025; the schema is the same for all, with attributes that only newer ones write.
 * https://schemas.microsoft.com/sqlserver/2004/07/showplan/showplanxml.xsd
 */
import type { Plan, PlanNode } from './plan.ts';
import { planNode } from './plan-node.ts';
import { runtimeFigures } from './showplan-runtime.ts';
import {
  columnName,
  conditionText,
  descendants,
  find,
  numberOf,
  scalarsOf,
  seekCondition,
  type XmlElement,
} from './showplan-xml.ts';

export type { XmlElement } from './showplan-xml.ts';

/**
 * @param root the element ShowPlanXML; prefixes of names are left out
 * @param raw its text, kept with the plan
 * @param analyzed true for a plan with actual figures
 * @throws TypeError when it holds no plan of a statement
 */
export function readShowplan(root: XmlElement, raw: string, analyzed: boolean): Plan {
  // the statement comes last: what stands before it declares its parameters
  const statement = descendants(root, 'StmtSimple').findLast((found) => find(found, 'QueryPlan'));
  const plan = statement && find(statement, 'QueryPlan');
  const top = plan && find(plan, 'RelOp');
  if (!statement || !plan || !top) throw new TypeError('the answer holds no plan of a statement');
  const node = readNode(top, null, analyzed);
  const times = find(plan, 'QueryTimeStats');
  const cost = numberOf(statement, 'StatementSubTreeCost') ?? node.totalCost;
  return {
    root: { ...node, details: { ...node.details, ...statementDetails(plan) } },
    cost,
    planningMs: numberOf(plan, 'CompileTime'),
    executionMs: times ? numberOf(times, 'ElapsedTime') : null,
    settings: {},
    analyzed,
    raw,
  };
}

const JOINS: Readonly<Record<string, string>> = {
  'Inner Join': 'Inner',
  'Cross Join': 'Inner',
  'Left Outer Join': 'Left',
  'Right Outer Join': 'Right',
  'Full Outer Join': 'Full',
  'Left Semi Join': 'Semi',
  'Right Semi Join': 'Right Semi',
  'Left Anti Semi Join': 'Anti',
  'Right Anti Semi Join': 'Right Anti',
};

/** Attributes with a place of their own in {@link PlanNode}. */
const PLACED = new Set([
  'PhysicalOp',
  'LogicalOp',
  'EstimateRows',
  'AvgRowSize',
  'EstimatedTotalSubtreeCost',
]);

function readNode(operator: XmlElement, relationship: string | null, analyzed: boolean): PlanNode {
  const work = workOf(operator);
  const logical = operator.attributes['LogicalOp'] ?? '';
  const joinType = JOINS[logical] ?? null;
  const inputs = work ? work.children.filter(({ name }) => name === 'RelOp') : [];
  const children = inputs.map((input, index) =>
    readNode(input, relationshipOf(joinType !== null, inputs.length, index), analyzed),
  );
  const target = work ? find(work, 'Object') : null;
  const name = (key: string) => bare(target?.attributes[key]);
  const scansTable = /^(Table Scan|Clustered Index Scan)$/.test(operator.attributes['PhysicalOp'] ?? '');
  return planNode({
    operation: operationOf(operator, work),
    relationship,
    joinType,
    relation: name('Table'),
    schema: name('Schema'),
    alias: name('Alias'),
    // reading all of a clustered index is reading the table
    index: scansTable ? null : name('Index'),
    totalCost: numberOf(operator, 'EstimatedTotalSubtreeCost') ?? 0,
    estimatedRows: numberOf(operator, 'EstimateRows') ?? 0,
    width: numberOf(operator, 'AvgRowSize'),
    actual: analyzed ? runtimeFigures(operator, children) : null,
    ...(work ? conditionsOf(work) : {}),
    output: columnsIn(find(operator, 'OutputList')),
    details: detailsOf(operator, target),
    children,
  });
}

/** What the operator does: the one child that is neither of the general ones. */
const GENERAL = new Set([
  'OutputList',
  'Warnings',
  'MemoryFractions',
  'RunTimeInformation',
  'RunTimePartitionSummary',
  'InternalInfo',
]);

function workOf(operator: XmlElement): XmlElement | null {
  return operator.children.find(({ name }) => !GENERAL.has(name)) ?? null;
}

/** As Management Studio says it: 'Hash Match (Aggregate)', 'Key Lookup'; a join's kind is told beside it. */
function operationOf({ attributes }: XmlElement, work: XmlElement | null): string {
  const physical = attributes['PhysicalOp'] ?? 'Unknown';
  const logical = attributes['LogicalOp'] ?? physical;
  if (work && isTrue(work.attributes['Lookup'])) return 'Key Lookup';
  return logical === physical || JOINS[logical] !== undefined ? physical : `${physical} (${logical})`;
}

function relationshipOf(joins: boolean, inputs: number, index: number): string {
  if (!joins && inputs > 1) return 'Member';
  return index === 0 ? 'Outer' : 'Inner';
}

function conditionsOf(work: XmlElement): Partial<PlanNode> {
  const predicate = scalarsOf(find(work, 'Predicate'));
  const joins = work.name === 'NestedLoops';
  const join = joins ? predicate : joinConditionOf(work);
  const order = find(work, 'OrderBy');
  return {
    filter: joins ? null : predicate,
    indexCondition: seekCondition(work),
    joinCondition: join,
    sortKey: order ? order.children.map(sortKeyOf) : [],
    groupKey: groupKeyOf(work),
  };
}

/** Pairs of the columns that are hashed or merged, and what is tested besides. */
function joinConditionOf(work: XmlElement): string | null {
  const sides =
    work.name === 'Hash'
      ? (['HashKeysBuild', 'HashKeysProbe'] as const)
      : work.name === 'Merge'
        ? (['OuterSideJoinColumns', 'InnerSideJoinColumns'] as const)
        : null;
  if (sides === null) return null;
  const [left, right] = sides.map((side) => columnsIn(find(work, side)));
  const pairs = (right ?? []).map((column, index) => `${left?.[index] ?? '?'} = ${column}`);
  const residual = scalarsOf(find(work, work.name === 'Hash' ? 'ProbeResidual' : 'Residual'));
  // the residual of a hash join repeats what is hashed
  if (residual !== null && (pairs.length === 0 || /\b(AND|OR)\b|[<>]/.test(residual))) pairs.push(residual);
  return pairs.length === 0 ? null : pairs.join(' AND ');
}

function sortKeyOf(column: XmlElement): string {
  const reference = find(column, 'ColumnReference');
  const name = reference ? columnName(reference) : '';
  return isTrue(column.attributes['Ascending'] ?? '1') ? name : `${name} DESC`;
}

/** A hash aggregate groups by what it hashes, and probes nothing. */
function groupKeyOf(work: XmlElement): string[] {
  if (work.name === 'Hash' && !find(work, 'HashKeysProbe')) return columnsIn(find(work, 'HashKeysBuild'));
  return columnsIn(find(work, 'GroupBy'));
}

function columnsIn(list: XmlElement | null): string[] {
  return list ? list.children.filter(({ name }) => name === 'ColumnReference').map(columnName) : [];
}

function detailsOf(operator: XmlElement, target: XmlElement | null): Record<string, unknown> {
  const own = Object.entries(operator.attributes).filter(([name]) => !PLACED.has(name));
  const warnings = warningsOf(find(operator, 'Warnings'));
  const kind = target?.attributes['IndexKind'];
  return {
    ...Object.fromEntries(own.map(([name, value]) => [name, plain(value)])),
    ...(kind === undefined ? {} : { IndexKind: kind }),
    ...(warnings.length === 0 ? {} : { Warnings: warnings }),
  };
}

/** What the server itself warns of, by the schema's names. */
function warningsOf(warnings: XmlElement | null): string[] {
  if (!warnings) return [];
  const attributes = Object.entries(warnings.attributes).flatMap(([name, value]) =>
    isTrue(value) ? [name] : [],
  );
  return [...attributes, ...warnings.children.map(({ name }) => name)];
}

/** An index that the planner would have liked. */
export interface MissingIndex {
  /** percent by which the statement's cost would fall, as the server estimates */
  readonly impact: number;
  readonly ddl: string;
}

/** A conversion that keeps the planner from an index, or from a good estimate. */
export interface PlanConversion {
  /** 'Seek Plan', 'Cardinality Estimate' */
  readonly issue: string;
  readonly expression: string;
}

function statementDetails(plan: XmlElement): Record<string, unknown> {
  const missing = descendants(plan, 'MissingIndexGroup').flatMap(missingIndexOf);
  const conversions = descendants(plan, 'PlanAffectingConvert').map(
    ({ attributes }): PlanConversion => ({
      issue: attributes['ConvertIssue'] ?? '',
      expression: conditionText(attributes['Expression'] ?? ''),
    }),
  );
  return {
    ...(missing.length === 0 ? {} : { MissingIndexes: missing }),
    ...(conversions.length === 0 ? {} : { PlanAffectingConversions: conversions }),
  };
}

function missingIndexOf(group: XmlElement): MissingIndex[] {
  const index = find(group, 'MissingIndex');
  const impact = numberOf(group, 'Impact');
  if (!index || impact === null) return [];
  const columns = (usage: string) =>
    index.children
      .filter(({ attributes }) => attributes['Usage'] === usage)
      .flatMap(({ children }) => children.map(({ attributes }) => attributes['Name'] ?? ''));
  const keys = [...columns('EQUALITY'), ...columns('INEQUALITY')];
  const include = columns('INCLUDE');
  const { Schema: schema = '[dbo]', Table: table = '' } = index.attributes;
  const name = `[ix_${[bare(table), ...keys.map(bare)].join('_').replace(/\W+/g, '_')}]`;
  const tail = include.length === 0 ? '' : ` INCLUDE (${include.join(', ')})`;
  return [{ impact, ddl: `CREATE INDEX ${name} ON ${schema}.${table} (${keys.join(', ')})${tail};` }];
}

function bare(name: string | undefined): string | null {
  if (name === undefined || name === '') return null;
  return name.replace(/^\[([\s\S]*)\]$/, '$1').replaceAll(']]', ']');
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}

function plain(value: string): string | number {
  return value !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}
