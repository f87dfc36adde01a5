/** Of what the login is not shown a check says nothing, neither that it is in order nor that it is not. Pure. */
import { unread } from './check.ts';
import type { Check } from './check.ts';

/** A check of companies, which says nothing where the source does not let them be read (CMP-01). */
export function ofCompanies(evaluate: Check['evaluate']): Check['evaluate'] {
  return (input) => {
    const gap = input.source.unmeasured['companies'];
    return gap === undefined ? evaluate(input) : unread(gap, 'The companies of the source (CMP-01)');
  };
}

/** A check of tables, which says nothing where the login is shown none but those that it has a right on (AUT-04). */
export function ofTables(evaluate: Check['evaluate']): Check['evaluate'] {
  return (input) => {
    const { seesDefinitions, missingRights } = input.source;
    const seesAll = seesDefinitions === true || missingRights.every(({ name }) => name !== 'SELECT');
    return seesAll ? evaluate(input) : unread('denied', 'All tables of the source (AUT-04)');
  };
}
