/** Of what was not seen a check says nothing, neither that it is in order nor that it is not. Pure. */
import { unread } from './check.ts';
import type { Check, CheckInput, Finding } from './check.ts';

/** A check of companies, which says nothing where the source does not let them be read, or has too many (CMP-01). */
export function ofCompanies(evaluate: Check['evaluate']): Check['evaluate'] {
  return (input) => companiesUnseen(input) ?? evaluate(input);
}

/** Why nothing is said of companies and of what is told by them; undefined if all were seen. */
export function companiesUnseen(
  input: Pick<CheckInput, 'source' | 'companies' | 'unlistedCompanies'>,
): Finding | undefined {
  const { source, companies, unlistedCompanies } = input;
  const gap = source.unmeasured['companies'];
  if (gap !== undefined) return unread(gap, 'The companies of the source (CMP-01)');
  if (unlistedCompanies === 0) return undefined;
  const cause = `Only ${companies.length} of ${companies.length + unlistedCompanies} companies were listed (CMP-01).`;
  return { status: 'skipped', reason: 'unknown', cause };
}

/** A check of tables, which says nothing where the login is shown none but those that it has a right on (AUT-04). */
export function ofTables(evaluate: Check['evaluate']): Check['evaluate'] {
  return (input) => {
    const { seesDefinitions, missingRights } = input.source;
    const seesAll = seesDefinitions === true || missingRights.every(({ name }) => name !== 'SELECT');
    return seesAll ? evaluate(input) : unread('denied', 'All tables of the source (AUT-04)');
  };
}
