metadata description = 'Data factories of one region.'

param names string[]
param location string
param tags object

@description('The identity of the app.')
param principalId string
param roleDefinitionId string

@description('Who is told of an alert.')
param actionGroupId string

var alerts = loadJsonContent('../alerts.json').factory

module factory 'data-factory.bicep' = [
  for name in names: {
    name: name
    params: {
      name: name
      location: location
      tags: tags
      principalId: principalId
      roleDefinitionId: roleDefinitionId
    }
  }
]

module alert 'alerts.bicep' = [
  for (name, index) in names: {
    name: '${name}-alerts'
    params: {
      alerts: alerts
      resourceName: name
      resourceId: factory[index].outputs.resourceId
      actionGroupId: actionGroupId
      tags: tags
    }
  }
]

@description('Object ids of the identities of the factories.')
output principalIds string[] = [for (name, index) in names: factory[index].outputs.principalId]
