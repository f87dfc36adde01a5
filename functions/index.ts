/** What is registered with the Functions host: routes, orchestrations, activities and timers. */
import { app } from '@azure/functions';
import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { activities } from '../orchestrators/contract.ts';
import { runActivity } from '../orchestrators/activities/run.ts';
import { handlers } from '../orchestrators/handlers.ts';
import { readSettings, readTelemetrySettings } from '../shared/config.ts';
import { createServices } from '../shared/services.ts';
import type { Services } from '../shared/services.ts';
import { createToHandler } from './http/adapter.ts';
import { routes } from './routes.ts';
import { startMeasuring } from './timers/measure-factories.ts';
import { measureService } from './timers/measure-service.ts';
import { purge } from './timers/purge.ts';
import { settleReplays } from './timers/settle-replays.ts';
import { settleSetups } from './timers/settle-setups.ts';
import { sweep } from './timers/sweep.ts';
import { lookAfterWaits } from './timers/waits.ts';

/** Reads the settings and registers everything with the host. A process may do so again, with a host that takes its place. */
export async function registerApp(): Promise<void> {
  const telemetry = readTelemetrySettings();
  // Whoever sends no telemetry does not load what sends it.
  if (telemetry !== undefined) (await import('./telemetry.ts')).startTelemetry(telemetry);
  const services = createServices(readSettings());
  registerRoutes(services);
  registerOrchestrations(services);
  registerTimers(services);
  // What nobody looks at is not counted.
  if (telemetry !== undefined) {
    app.timer('measureService', { schedule: '40 */5 * * * *', handler: () => measureService(services) });
  }
}

function registerRoutes(services: Services): void {
  const toHandler = createToHandler(services);
  for (const route of routes) {
    app.http(route.name, {
      methods: [route.method],
      route: route.path,
      authLevel: 'anonymous',
      extraInputs: route.usesDurableClient === true ? [df.input.durableClient()] : [],
      handler: toHandler(route),
    });
  }
}

function registerOrchestrations(services: Services): void {
  for (const [name, handler] of Object.entries(handlers)) df.app.orchestration(name, handler);

  for (const name of Object.keys(activities) as (keyof typeof activities)[]) {
    df.app.activity(name, {
      extraInputs: activities[name].usesClient ? [df.input.durableClient()] : [],
      handler: (given: unknown, context: InvocationContext) =>
        runActivity(name, given, services, () => df.getClient(context), context),
    });
  }
}

function registerTimers(services: Services): void {
  app.timer('settleSetups', {
    schedule: '*/30 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) => settleSetups(df.getClient(context), services),
  });

  app.timer('settleReplays', {
    schedule: '15,45 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) => settleReplays(df.getClient(context), services),
  });

  app.timer('lookAfterWaits', {
    schedule: '*/5 * * * * *',
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) => lookAfterWaits(df.getClient(context), services, context),
  });

  app.timer('startMeasuring', {
    schedule: '20 */10 * * * *',
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) => startMeasuring(df.getClient(context), services),
  });

  app.timer('purge', {
    schedule: '0 47 * * * *',
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) => purge(df.getClient(context), services),
  });

  app.timer('sweep', {
    schedule: '0 17 * * * *',
    handler: (_timer, context) => sweep(services, context),
  });
}
