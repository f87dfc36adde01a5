/** `docs/checks.md`, from the catalogue. */
import { checkCatalogue } from '../../../shared/checks/catalogue.ts';
import type { Check } from '../../../shared/checks/check.ts';
import { checkThresholdsSchema, thresholdReasons } from '../../../shared/checks/thresholds.ts';
import { awsChecks, googleChecks } from './peers.ts';
import type { PeerCheck } from './peers.ts';
import { tableOf } from './table.ts';

/** What the first letters of an id stand for. */
const groups: Readonly<Record<string, string>> = {
  NET: 'The integration runtime',
  SRV: 'Servers and databases',
  AUT: 'Rights',
  VER: 'Versions, and what databases are used for',
  EXT: 'Extensions',
  CMP: 'Companies',
  TAB: 'Tables',
  SEC: 'Secrets',
};

const begin = `# Checks

Before a setup changes anything, it measures both databases and evaluates every check of this list; the report is
complete, whatever fails first. Measured by \`probe.sql\` and \`storage.sql\` in \`shared/sql/source\`, \`probe.sql\` in
\`shared/sql/destination\` and \`shared/sql/list-companies.sql\`; evaluated by \`shared/checks/catalogue.ts\`, from which \`npm run docs\` makes this page
and \`GET /api/checks\` its answer. Ids are stable.

Severity is the worst that a check can be: **blocks** ends the attempt, **warns** and **informs** do not. The code is
the number that Business Central's client knows for the fault, or the id where it knows none. A result states what was
measured, what was expected, the cause, the remedy (as T-SQL where there is one), who can mend it and a page of
documentation; of many names it shows the first twenty, and has all in \`names\`. \`nothingToDo\` is what is not as
expected and needs no remedy. What could not be measured is \`skipped\`, with the reason: \`absent\` (not there),
\`denied\` (the login may not read it), \`old\` (the server cannot tell), \`unknown\` (it depends on another value that is
not known) or \`notNeeded\` (it does not apply). What the migration cannot do without blocks also when it may not be read:
the version (VER-01, VER-06) and the companies (CMP-01). The other checks of companies are skipped then, and those of tables
where the login is shown only some of them (AUT-04): nothing passes, or is to be mended, because it was not seen.

A request may name the only checks that it wants, or those that it does not (\`checkSelection\`: \`include\` or \`exclude\`; on the
command line \`--checks\` or \`--skip-checks\`). All others are \`excluded\` in the report; what they look at is measured all the
same, in the same round trip. Of a setup no check that blocks can be left out, since it would change databases that it may
not; of an assessment every one.`;

const end = `## Not checked

- The login itself, the network and TLS: without them there is nothing to measure, and the attempt fails with the error
  of the connection, each cause with its code and its remedy ([errors.md](errors.md)).
- The rights of the user who asks for the migration (AUT-05: SUPER, delegated admin): a setup is asked for by a system, and names no
  user whose rights could be looked up in the environment or in the partner's directory. Business Central checks them before it asks.
- Whether the environment is being updated, or will be during the migration (the update window of VER-04): only the admin centre
  knows, for whose API the service has no right. A database that is being updated shows in SRV-10 and VER-02, or in the error of the
  connection; how versions fit is measured again in each attempt.
- Room in the data factory: one that has none is not chosen. The size of pipelines does not depend on the databases.
- The connection string: what is wrong with it is refused when the setup is asked for.`;

/** The whole page. */
export function checksPage(): string {
  const byGroup = Map.groupBy(checkCatalogue, ({ id }) => id.slice(0, 3));
  const sections = [...byGroup].map(([group, checks]) =>
    [`## ${groups[group] ?? group}`, ...checks.map(describeCheck)].join('\n\n'),
  );
  const parts = [begin, ...sections, describeThresholds(), describePeers(), end];
  return `${parts.join('\n\n')}\n`;
}

function describeCheck({ id, title, severity, code, target, rule, why, mendedBy, documentation }: Check): string {
  const facts = [
    `**${severity}**`,
    `target: ${target}`,
    ...(code === id ? [] : [`code ${code}`]),
    `mended by the ${mendedBy}`,
    `[documentation](${documentation})`,
  ];
  return `### ${id} ${title}\n\n${facts.join(' · ')}\n\n- Measured: ${rule}\n- Why: ${why}`;
}

function describeThresholds(): string {
  const rows = Object.entries(checkThresholdsSchema.parse({})).map(([name, value]) => [
    `\`${name}\``,
    value.toLocaleString('en'),
    thresholdReasons[name as keyof typeof thresholdReasons],
  ]);
  const text = "Microsoft's articles state some limits differently, so these are settings (`checkThresholdsSchema`):";
  return `## Thresholds\n\n${text}\n\n${tableOf(['threshold', 'default', 'why'], rows)}`;
}

function describePeers(): string {
  const aws = 'https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.AssessmentReport.SqlServer.html';
  const google = 'https://cloud.google.com/database-migration/docs/diagnose-issues';
  return [
    '## Beside other services',
    `What [AWS DMS](${aws}) checks of a SQL Server source:`,
    peerTable(awsChecks),
    `What [Google DMS](${google}) verifies:`,
    peerTable(googleChecks),
  ].join('\n\n');
}

function peerTable(checks: readonly PeerCheck[]): string {
  const rows = checks.flatMap(({ names, ids, note = '' }) =>
    names.map((name) => [`\`${name}\``, ids.join(', ') || 'none', note]),
  );
  return tableOf(['there', 'here', 'because'], rows);
}
