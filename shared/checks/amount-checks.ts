/** Checks of the amount of companies and data. */
import { articles } from './articles.ts';
import { judge, notNeeded, selectedOf, unread } from './check.ts';
import type { Check, CheckInput, Finding } from './check.ts';
import type { Company } from './probe.ts';
import { ofCompanies } from './unseen.ts';

export const amountChecks: readonly Check[] = [
  {
    id: 'CMP-04',
    title: 'The number of companies is moderate',
    target: 'companies',
    severity: 'warns',
    code: 'CMP-04',
    rule: 'Threshold `companyCountWarning`.',
    why: 'Every company brings its own tables; many take long to create and to replicate.',
    mendedBy: 'caller',
    documentation: articles.optimize,
    evaluate: ofCompanies((input) => {
      const limit = input.thresholds.companyCountWarning;
      const count = selectedOf(input).length;
      const values = { measured: String(count), expected: `fewer than ${limit}` };
      return judge(count < limit, values, {
        cause: 'Every company brings its own tables; so many take long to create and to replicate.',
        remedy:
          "Replicate the companies in several batches; Microsoft's articles advise at most 250, and 10 to begin with.",
      });
    }),
  },
  {
    id: 'CMP-05',
    title: 'The amount of data is moderate',
    target: 'companies',
    severity: 'warns',
    code: '50002',
    rule: 'Used pages of the tables of companies: threshold `companySizeWarningGigabytes`. Skipped without VIEW DATABASE STATE.',
    why: 'The first replication takes long, and an environment has 80 GB unless more was bought.',
    mendedBy: 'caller',
    documentation: articles.planning,
    evaluate: ofCompanies((input) => {
      const limit = input.thresholds.companySizeWarningGigabytes;
      const companies = selectedOf(input);
      const total = sizeOf(companies);
      if (total === undefined) return unseenSizes;
      const values = { measured: `${total.toFixed(2)} GB`, expected: `less than ${limit} GB` };
      return judge(total < limit, values, {
        cause: 'The first replication of so much data takes long, and the capacity of the environment may not suffice.',
        remedy:
          "Delete data that is no longer needed, compress tables, or replicate the companies in several batches; Microsoft's articles advise at most 30 GB a run. Buy capacity for what goes beyond 80 GB.",
      });
    }),
  },
  {
    id: 'CMP-08',
    title: "The environment's database has room for the companies",
    target: 'companies',
    severity: 'warns',
    code: '50002',
    rule: 'Used pages of the tables of companies against `MaxSizeInBytes` of the database, less what it holds. It warns alone: tables may be left out, or compressed online.',
    why: 'A replication that fills the database fails in the middle.',
    mendedBy: 'caller',
    documentation: articles.azureSize,
    evaluate: ofCompanies(roomOnline),
  },
];

const unseenSizes = unread('denied', 'The sizes of tables (VIEW DATABASE STATE)');

/** Undefined when the login may not see sizes. */
function sizeOf(companies: readonly Company[]): number | undefined {
  const sizes = companies.flatMap(({ sizeGigabytes }) => sizeGigabytes ?? []);
  return sizes.length < companies.length ? undefined : sizes.reduce((sum, size) => sum + size, 0);
}

function roomOnline(input: CheckInput): Finding {
  const { usedGigabytes: used, maximumGigabytes: maximum, unmeasured } = input.destination;
  if (used === null) return unread(unmeasured['room'], "The size of the environment's database");
  if (maximum === null || maximum < 0) return notNeeded('The database has no largest size.');
  const total = sizeOf(selectedOf(input));
  if (total === undefined) return unseenSizes;
  const room = Math.max(0, maximum - used);
  const values = { measured: `${total.toFixed(2)} GB of companies`, expected: `at most ${room.toFixed(2)} GB` };
  return judge(total <= room, values, {
    cause: `The environment's database may have ${maximum.toFixed(2)} GB, of which ${used.toFixed(2)} GB are taken.`,
    remedy: 'Migrate fewer companies, delete data that is no longer needed, or have the database enlarged.',
  });
}
