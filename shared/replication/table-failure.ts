/** What helps against the failure of one table in a replication run. Pure. */
import { redact } from '../redact.ts';

/** https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors */
const remedies: readonly (readonly [numbers: readonly number[], remedy: string])[] = [
  [
    [2601, 2627],
    'A key occurs twice for the environment: its collation may treat as equal what the source tells apart. Rename one of the records at the source, then retry the run.',
  ],
  [
    [2628, 8152],
    'A text is longer than its column in the environment. Shorten it at the source, or update the app that owns the table there, then retry the run.',
  ],
  [
    [220, 232, 244, 245, 248, 295, 8114, 8115],
    'The column has another type in the environment. Update the app that owns the table there, or correct the value at the source, then retry the run.',
  ],
  [
    [515],
    'A column of the environment needs a value that the source does not have. Update the app that owns the table at the source, then retry the run.',
  ],
  [
    [208, 207],
    'The table, or a column of it, is not there. Create the company in the environment first; if the company is there, delete the setup and set it up again, so that the tables are planned anew.',
  ],
  [
    [229, 230, 262, 297, 300],
    'Give the login of the source, or the identity of the service in the environment, the rights that the documentation names, then retry the run.',
  ],
  [[1205, 1222, 3960], 'Others worked on the table at the same time. Retry the run when they do not.'],
  [[1105, 9002, 40544], 'The database has no room left. Give it more, then retry the run.'],
];
const OTHERWISE = 'Mend what the cause names, then retry the run: it copies only what was not copied.';

/** @param cause as the log of the run has it; what a pipeline reports of itself may quote what nobody may see */
export function tableFailure(cause: string): { readonly cause: string; readonly remedy: string } {
  const number = Number(/\bError (?<number>\d+) in /.exec(cause)?.groups?.['number']);
  const known = remedies.find(([numbers]) => numbers.includes(number));
  return { cause: redact(cause), remedy: known?.[1] ?? OTHERWISE };
}
