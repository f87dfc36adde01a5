/**
 * What Bicep cannot do, before and after a deployment: `npm run entra register | notify | remove`. The hooks of azure.yaml call
 * it with the environment of azd; it signs in as azd or az is signed in.
 */
import { execFileSync } from 'node:child_process';
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } from '@azure/identity';
import { z } from 'zod';
import { assignNotify, registerApi, registrationName, removeApi } from './api-registration.ts';
import { AzureRest } from './azure-rest.ts';
import { removeFactoryRole } from './factory-role.ts';

const environmentSchema = z.object({
  AZURE_ENV_NAME: z.string().min(1),
  AZURE_SUBSCRIPTION_ID: z.guid(),
  MIGRATION_STAGE: z.enum(['dev', 'test', 'production']).default('dev'),
  MIGRATION_API_CLIENT_ID: z.string().optional(),
  MIGRATION_FACTORY_PRINCIPALS: z.string().default('[]'),
});
const principalsSchema = z.array(z.array(z.string()));

const environment = environmentSchema.parse(process.env);
const credential = new ChainedTokenCredential(new AzureDeveloperCliCredential(), new AzureCliCredential());
const graph = new AzureRest('https://graph.microsoft.com', credential, createDefaultHttpClient());
const resourceManager = new AzureRest('https://management.azure.com', credential, createDefaultHttpClient());
const name = registrationName(environment.AZURE_ENV_NAME);

const steps: Readonly<Record<string, () => Promise<string>>> = {
  register: async () => {
    const appId = await registerApi(graph, name);
    execFileSync('azd', ['env', 'set', 'MIGRATION_API_CLIENT_ID', appId], { stdio: 'inherit' });
    return `${name} is registered: ${appId}`;
  },
  notify: async () => {
    const principals = principalsSchema.parse(JSON.parse(environment.MIGRATION_FACTORY_PRINCIPALS)).flat();
    const given = await assignNotify(graph, environment.MIGRATION_API_CLIENT_ID ?? '', principals);
    return `Factory.Notify was given to ${given} of ${principals.length} factories, the others had it`;
  },
  // What a resource group does not take with it. Only a trial is removed whole.
  remove: async () => {
    const {
      MIGRATION_STAGE: stage,
      AZURE_ENV_NAME: environmentName,
      AZURE_SUBSCRIPTION_ID: subscriptionId,
    } = environment;
    if (stage !== 'dev') return `${name} and the role of the factories stay: this is ${stage}`;
    await removeApi(graph, name);
    await removeFactoryRole(resourceManager, environmentName, subscriptionId);
    return `${name} and the role of the factories are removed`;
  },
};

const step = steps[process.argv[2] ?? ''];
if (step === undefined) throw new Error(`Say what to do: ${Object.keys(steps).join(', ')}`);
console.log(await step());
