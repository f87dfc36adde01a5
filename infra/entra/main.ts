/**
 * What Bicep cannot do, before and after a deployment: `npm run entra register | notify | remove`. The hooks of azure.yaml call
 * it with the environment of azd; it signs in as azd or az is signed in.
 */
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } from '@azure/identity';
import { z } from 'zod';
import { assignNotify, registerApi, registrationName, removeApi } from './api-registration.ts';
import { AzureRest } from './azure-rest.ts';
import { removeFactoryRole } from './factory-role.ts';

const environmentSchema = z.object({
  AZURE_ENV_NAME: z.string().min(1),
  // azd may ask for it after the first step.
  AZURE_SUBSCRIPTION_ID: z.guid().optional(),
  MIGRATION_STAGE: z.enum(['dev', 'test', 'production']).optional(),
  MIGRATION_API_CLIENT_ID: z.guid().optional(),
  MIGRATION_FACTORY_PRINCIPALS: z.string().default('[]'),
});
const principalsSchema = z.array(z.array(z.string()));

const { data: environment, error: problem } = environmentSchema.safeParse(process.env);
if (environment === undefined)
  throw new Error(`The environment is not that of a deployment.\n${z.prettifyError(problem)}`);
const credential = new ChainedTokenCredential(new AzureDeveloperCliCredential(), new AzureCliCredential());
const graph = new AzureRest('https://graph.microsoft.com', credential, createDefaultHttpClient());
const resourceManager = new AzureRest('https://management.azure.com', credential, createDefaultHttpClient());
const name = registrationName(environment.AZURE_ENV_NAME);

const steps: Readonly<Record<string, () => Promise<string>>> = {
  // Prints the application id alone, for who keeps it.
  register: () => registerApi(graph, name),
  notify: async () => {
    const appId = environment.MIGRATION_API_CLIENT_ID;
    if (appId === undefined) throw new Error('MIGRATION_API_CLIENT_ID is not set. npm run entra register prints it');
    const principals = principalsSchema.parse(JSON.parse(environment.MIGRATION_FACTORY_PRINCIPALS)).flat();
    const given = await assignNotify(graph, appId, principals);
    return `Factory.Notify was given to ${given} of ${principals.length} factories, the others had it`;
  },
  // What a resource group does not take with it. Only a trial is removed whole.
  remove: async () => {
    const {
      MIGRATION_STAGE: stage,
      AZURE_ENV_NAME: environmentName,
      AZURE_SUBSCRIPTION_ID: subscriptionId,
    } = environment;
    if (stage !== 'dev') return `${name} and the role of the factories stay: MIGRATION_STAGE is ${stage ?? 'not set'}`;
    if (subscriptionId === undefined) throw new Error('AZURE_SUBSCRIPTION_ID is not set. azd env get-values has it');
    await removeApi(graph, name);
    await removeFactoryRole(resourceManager, environmentName, subscriptionId);
    return `${name} and the role of the factories are removed`;
  },
};

const step = steps[process.argv[2] ?? ''];
if (step === undefined) throw new Error(`Say what to do: ${Object.keys(steps).join(', ')}`);
console.log(await step());
