metadata description = 'A data factory with an identity of its own, in which the app works as an operator.'

@minLength(3)
@maxLength(63)
param name string
param location string
param tags object

@description('The identity of the app.')
param principalId string

@description('Resource id of the role that `factory-role.json` describes.')
param roleDefinitionId string

@description('Nodes of tenants and the Azure runtime reach it from outside; what they may do, their runtime key and its identity say.')
resource factory 'Microsoft.DataFactory/factories@2018-06-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: { publicNetworkAccess: 'Enabled' }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(factory.id, principalId, roleDefinitionId)
  scope: factory
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    // Under the subscription of the factory, which may be another one than that of the app.
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', last(split(roleDefinitionId, '/')))
  }
}

output name string = factory.name
output resourceId string = factory.id
output principalId string = factory.identity.principalId
