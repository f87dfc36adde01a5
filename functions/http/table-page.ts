/** Lists of tables that the environment's database keeps, page by page in the order of their control rows. */
import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { SetupRecord } from '../../shared/setup/head.ts';
import type { Parameters } from '../../shared/sql/database.ts';
import type { TenantCall } from './adapter.ts';
import { countBefore, linkTo } from './continuation.ts';
import { inEnvironment } from './in-environment.ts';
import { pathOf } from './links.ts';
import type { Paging } from './query.ts';

/** SQL's bigint arrives as text. */
export const countSchema = z.coerce.number();

/** How every such list names a table. */
export const tableNameSchema = z.object({
  controlId: z.int(),
  company: z.string(),
  tableName: z.string(),
  appId: z.string(),
  sourceTable: z.string(),
  destinationTable: z.string(),
});

/** What is listed. */
interface TableList<Row extends z.infer<typeof tableNameSchema>> {
  /** Its parameters are `@after`, `@size` and those given here. */
  readonly script: string;
  readonly parameters: Parameters;
  readonly row: z.ZodType<Row>;
  readonly resource: (row: Row) => object;
  /** Of the list, below that of the setup. */
  readonly path: string;
}

/** @throws {ApiError} those of `inEnvironment` */
export async function tablePage<Row extends z.infer<typeof tableNameSchema>>(
  call: TenantCall,
  setup: SetupRecord,
  { maxpagesize, continuation }: Paging,
  { script, parameters, row, resource, path }: TableList<Row>,
): Promise<HttpResponseInit> {
  const after = countBefore(continuation);
  const asked = { ...parameters, after, size: maxpagesize + 1 };
  const rows = z.array(row).parse(await inEnvironment(call, setup, (database) => database.query(script, asked)));
  const page = rows.slice(0, maxpagesize);
  const next = rows.length > maxpagesize ? String(page.at(-1)?.controlId) : undefined;
  const whole = `tenants/${call.tenantId}/${pathOf(setup)}/${path}`;
  return { status: 200, jsonBody: { value: page.map(resource), ...linkTo(call, whole, next) } };
}
