import { z } from 'zod';
import { clipList } from '../../shared/clip.ts';
import { claimantOf } from './claimant.ts';
import type { AttemptId } from '../../shared/setup/setup.ts';
import type { Services } from '../../shared/services.ts';
import * as scripts from '../../shared/sql/scripts.ts';
import type { Row } from '../../shared/sql/database.ts';
import type { Implementation } from './implementation.ts';
import { reach } from './setup-record.ts';

export const markEnvironmentReady: Implementation<'markEnvironmentReady'> = async (input, services, { head }) => {
  const setup = await head();
  const { destination } = setup;
  const companies = await services.findings.of(setup, 'company', setup.from);
  const [row] = await services.databases.use(destination, (database) =>
    database.query(scripts.markReady, { ...claimantOf(input, services), companies: JSON.stringify(companies) }),
  );
  const { outcome } = markedSchema.parse(row);
  if (outcome === 'superseded') return { stopped: outcome };
  const { environment } = destination;
  const reached = await reach(input, { name: 'environmentMarked', data: { environment } }, services, setup);
  return 'stopped' in reached ? reached : { environment };
};

const markedSchema = z.object({ outcome: z.enum(['marked', 'superseded']) });

export const clearEnvironmentMark: Implementation<'clearEnvironmentMark'> = async (input, services) => {
  await inDestination(input, services, scripts.clearMark);
  return null;
};

export const holdsClaim: Implementation<'holdsClaim'> = async (input, services) => {
  const [row] = await inDestination(input, services, scripts.holdsClaim);
  return z.object({ holds: z.boolean() }).parse(row);
};

export const releaseClaims: Implementation<'releaseClaims'> = async (input, services) => {
  await inDestination(input, services, scripts.releaseClaim);
  return null;
};

export const removeFromDestination: Implementation<'removeFromDestination'> = async (input, services) => {
  const [rows, objects] = scripts.destinationRemoval;
  const left = await inDestination(input, services, rows);
  await inDestination(input, services, objects);
  return { left: clipList(leftSchema.parse(left).map(({ name }) => name)) };
};

const leftSchema = z.array(z.object({ name: z.string() }));

/** Runs a script for the attempt in its destination. */
async function inDestination(input: AttemptId, services: Services, batch: string): Promise<readonly Row[]> {
  const { destination } = await services.store.require(input);
  return services.databases.use(destination, (database) => database.query(batch, claimantOf(input, services)));
}
