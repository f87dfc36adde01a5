/**
 * How Business Central names its tables in SQL: `<company>$<table>$<app id>` for the data of a company,
 * `<table>$<app id>` for data of the whole database, with `$ext` behind it for the companion table that holds the
 * columns of extensions. `sql/list-companies.sql` gives the company's part, in which some characters are underscores.
 */

/** A table name in its parts. */
export interface TableNameParts {
  /** SQL name of the company; `''` for a table of the whole database. */
  readonly company: string;
  /** The name without the company: `Customer$437dbf0e-84ff-417a-965d-ed2bb9650972$ext`. */
  readonly table: string;
  /** The same without `$ext`: the table that a companion table belongs to, else the table itself. */
  readonly baseTable: string;
  /** Lower-case GUID of the app; `''` for tables of the platform or of versions before apps. */
  readonly appId: string;
}

/** The known companies by their SQL names. */
export interface Companies {
  has(sqlName: string): boolean;
}

const appSuffix = /\$([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\$[^$]*)?$/i;

/**
 * Splits a table name. `companies` knows the SQL names of the companies, however it compares them; as they may hold `$`
 * themselves, the longest one that fits wins. A name that starts with an unknown company is taken as one of the whole database.
 */
export function parseTableName(name: string, companies: Companies): TableNameParts {
  const company = companyOf(name, companies);
  const table = company === '' ? name : name.slice(company.length + 1);
  return {
    company,
    table,
    baseTable: table.replace(/\$ext$/i, ''),
    appId: appSuffix.exec(table)?.[1]?.toLowerCase() ?? '',
  };
}

function companyOf(name: string, companies: Companies): string {
  for (let end = name.lastIndexOf('$'); end > 0; end = name.lastIndexOf('$', end - 1)) {
    const candidate = name.slice(0, end);
    if (companies.has(candidate)) return candidate;
  }
  return '';
}
