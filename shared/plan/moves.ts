/**
 * Tables that a version has moved to another app, under the same name. The cloud migration apps have the same list:
 * https://github.com/microsoft/BCApps, codeunit "Table and Field Move Mappings". Its third part, Subscription Billing since
 * 26.0, leads from tables and fields of that app to themselves. Fields that did not move with their table are found by the
 * columns of its companion table.
 */
const baseApplication = '437dbf0e-84ff-417a-965d-ed2bb9650972';
const businessFoundation = 'f3552374-a1f2-4356-848e-196002525837';

/** By the version that moved them; names as in SQL, without the company. */
const moves = [
  {
    since: '24.0',
    from: baseApplication,
    to: businessFoundation,
    tables: ['No_ Series', 'No_ Series Line', 'No_ Series Relationship', 'No_ Series Tenant'],
  },
  {
    since: '25.0',
    from: baseApplication,
    to: businessFoundation,
    tables: ['Source Code', 'Source Code Setup', 'Reason Code', 'Return Reason'],
  },
] as const;

const targets = new Map(
  moves.flatMap(({ from, to, tables }) =>
    tables.map((table) => [`${table}$${from}`.toLowerCase(), `${table}$${to}`] as const),
  ),
);

/** The tables that the moves lead to, without the company, in lower case. */
export const moveTargets: ReadonlySet<string> = new Set([...targets.values()].map((table) => table.toLowerCase()));

/** Where a table of an earlier version is in a later one, without the company; its companion table goes with it. */
export function movedTable(table: string): string | undefined {
  const base = table.replace(/\$ext$/i, '');
  const target = targets.get(base.toLowerCase());
  return target === undefined ? undefined : target + table.slice(base.length);
}
