metadata description = 'Lets the app read the metrics of a subscription: Azure Monitor answers for many resources at once only who may read those of all.'

targetScope = 'subscription'

import { Role } from '../types.bicep'

@description('The identity of the app.')
param principalId string
param roles Role[]

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(subscription().id, principalId, role.id)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    }
  }
]
