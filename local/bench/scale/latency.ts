import { setTimeout as pause } from 'node:timers/promises';

/** Between the app and a service of its region, in milliseconds. */
const LATENCY_MS = 10;

/** What a request takes whose service does nothing. */
export function latency(): Promise<void> {
  return pause(LATENCY_MS);
}
