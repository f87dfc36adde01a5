/** `docs/errors.md`, from the list of codes. */
import { apiErrors, fieldErrors, setupFailures } from '../../../shared/errors.ts';
import { connectFailures } from '../../../shared/sql/connect-failure.ts';
import { tableOf } from './table.ts';

const begin = `# Errors

Every code that a caller, a subscriber or an operator can meet, made by \`npm run docs\` from \`shared/errors.ts\`; \`GET /api/errors\`
answers with the same list, and the \`type\` of a problem document is an address in it. Codes are stable, texts may improve. The codes of
checks are in [checks.md](checks.md). Where Business Central's own client knows a number for a failure, that is its code.`;

/** The whole page. */
export function errorsPage(): string {
  const parts = [begin, answers(), fields(), failures()];
  return `${parts.join('\n\n')}\n`;
}

function answers(): string {
  const rows = Object.entries(apiErrors).map(([code, { status, title }]) => [`\`${code}\``, String(status), title]);
  const text =
    'Problem documents (RFC 9457): `code`, and in `detail` what is wrong with this request and how to mend it.';
  return `## Answers to requests\n\n${text}\n\n${tableOf(['code', 'status', 'meaning'], rows)}`;
}

function fields(): string {
  const rows = Object.entries(fieldErrors).map(([code, remedy]) => [`\`${code}\``, remedy]);
  const text =
    'In `errors` of a problem document, each with a JSON pointer to the field. No value of a request is repeated.';
  return `## Fields of a body\n\n${text}\n\n${tableOf(['code', 'usual remedy'], rows)}`;
}

function failures(): string {
  const sections = Object.entries(setupFailures).map(([code, { title, remedy }]) => {
    return [`### ${code}`, title, ...numbersOf(code), remedy].join('\n\n');
  });
  const text = 'In `failure` of a setup or a replication run, in the event `failed`, and in the error of an operation.';
  return `## Failures of setups and replication runs\n\n${text}\n\n${sections.join('\n\n')}`;
}

function numbersOf(code: string): string[] {
  const found = Object.entries(connectFailures).find(([name]) => name === code)?.[1].numbers ?? [];
  return found.length === 0 ? [] : [`Errors of SqlClient and SQL Server: ${found.join(', ')}.`];
}
