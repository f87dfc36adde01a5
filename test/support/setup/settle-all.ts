/** The timer that settles setups, on rows and a stand-in for the Durable extension. */
import { getClient } from 'durable-functions';
import { settleSetups } from '../../../functions/timers/settle-setups.ts';
import type { Services } from '../../../shared/services.ts';
import { EventPublisher } from '../../../shared/setup/publisher.ts';
import { contextFor, settingsFor } from '../api/http-call.ts';
import type { SetupTable } from './setup-table.ts';

const unused = 'https://unused.example.com';
const settings = settingsFor({ issuer: `${unused}/{tenantId}`, audience: 'api', keysUrl: unused });

/** Runs the timer once. @param send what Service Bus does with an event */
export function settleAll(setups: SetupTable, durableUrl: string, send: () => Promise<void>): Promise<void> {
  const sender = { sendMessages: send };
  const { store, active, index, ended, clock } = setups;
  const publisher = new EventPublisher(sender, store, active, clock);
  const services: Partial<Services> = { store, active, index, ended, clock, settings, publisher };
  // The timer uses no other gateway.
  return settleSetups(getClient(contextFor([], durableUrl)), services as Services);
}
