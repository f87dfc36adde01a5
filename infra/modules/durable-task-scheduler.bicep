metadata description = 'The Durable Task Scheduler in place of queues and tables, with the settings that have the host use it.'

import { Role } from '../types.bicep'

@minLength(3)
@maxLength(64)
param name string
param location string
param tags object

@description('The identity that gets the roles.')
param principalId string
param clientId string
param roles Role[]

var hubName = loadJsonContent('../../host.json', 'extensions.durableTask.hubName')

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: { name: 'Consumption' }
    // Nobody is let in without a role; an empty list lets nobody in at all.
    ipAllowlist: ['0.0.0.0/0']
  }

  resource hub 'taskHubs' = {
    name: hubName
    properties: {}
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(scheduler.id, principalId, role.id)
    scope: scheduler
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    }
  }
]

@description('A setting `AzureFunctionsJobHost__a__b` stands in place of the member a.b of host.json.')
output settings object = {
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${scheduler.properties.endpoint};Authentication=ManagedIdentity;ClientID=${clientId}'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__type: 'azureManaged'
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
}
