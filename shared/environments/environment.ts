/** Online environments, as the provider keeps them in its directory. Pure. */
import { z } from 'zod';

/** Unique within a tenant, without regard to case. */
export const environmentNameSchema = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9 _-]{0,28}[A-Za-z0-9])?$/);

/** An Azure region, such as `westeurope`. */
export const regionSchema = z.string().regex(/^[a-z][a-z0-9]{1,39}$/);

/** Where an environment is: its Azure SQL database, and the Azure region of that. */
export const environmentPlaceSchema = z.strictObject({
  /** Host name, or `host,port`. */
  server: z.string().min(1).max(255),
  database: z.string().min(1).max(128),
  region: regionSchema,
});
export type EnvironmentPlace = z.infer<typeof environmentPlaceSchema>;

/** An environment of a tenant. */
export interface Environment extends EnvironmentPlace {
  readonly name: string;
}

/** Whether two names are those of one environment. */
export function isSameEnvironment(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}
