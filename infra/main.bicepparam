using 'main.bicep'

import { stages } from 'stages.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'migration')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param stage = stages[readEnvironmentVariable('MIGRATION_STAGE', 'dev')]
param factories = json(readEnvironmentVariable('MIGRATION_FACTORY_GROUPS', '[]'))
param apiClientId = readEnvironmentVariable('MIGRATION_API_CLIENT_ID', '00000000-0000-0000-0000-000000000000')
param operatorEmail = readEnvironmentVariable('MIGRATION_OPERATOR_EMAIL', '')
param budgetStart = readEnvironmentVariable('MIGRATION_BUDGET_START', '')
param durableBackend = readEnvironmentVariable('MIGRATION_DURABLE_BACKEND', 'AzureStorage')
param settings = json(readEnvironmentVariable('MIGRATION_SETTINGS', '{}'))
