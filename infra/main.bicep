metadata description = 'The migration service with everything that it needs, from nothing, in one deployment.'

targetScope = 'subscription'

import { DurableBackend, FactoryGroup, Stage } from 'types.bicep'
import { factoryNames } from 'names.bicep'

@description('Part of the names of all resources: letters, digits and hyphens.')
@minLength(1)
@maxLength(30)
param environmentName string

@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string
param stage Stage

@description('Left out: as many as the stage has, in the region of the deployment. In more than one region, each takes the setups of its own.')
param factories FactoryGroup[] = []

@description('Application id of the API in Entra ID, as `npm run entra register` prints it.')
param apiClientId string

@description('Who is mailed when an alert fires. Empty: nobody.')
param operatorEmail string

@description('The first day of the month in which the budget is made, always the same one. Empty: there is no budget.')
param budgetStart string

@description('Settings of the app that are to be other than in `app-settings.json`, by name.')
param settings object

param durableBackend DurableBackend = 'AzureStorage'

@description('Of the network that a stage with private endpoints makes; at least /25.')
param networkPrefix string = '10.20.0.0/24'

var tags = { 'azd-env-name': environmentName }
var token = uniqueString(subscription().id, environmentName, location)
var groupName = 'rg-${environmentName}'
var roles = loadJsonContent('roles.json')

var factoryGroups = empty(factories) ? [{ location: location, count: stage.factories }] : factories
var placedGroups = map(factoryGroups, group => {
  location: group.location
  subscriptionId: group.?subscriptionId ?? subscription().subscriptionId
  names: factoryNames(
    uniqueString(token, group.?subscriptionId ?? subscription().subscriptionId),
    group
  )
})
var regions = union(map(factoryGroups, group => group.location), [])
var hasRegions = length(regions) > 1
var placedFactories = flatten(map(placedGroups, group => map(group.names, name => union(
  { subscriptionId: group.subscriptionId, resourceGroup: groupName, name: name },
  hasRegions ? { region: group.location } : {}
))))
// Of the public cloud. From others it is not reached, and lists count.
var metricsEndpoint = 'https://${hasRegions ? '{region}' : regions[0]}.metrics.monitor.azure.com'
var subscriptionIds = union([subscription().subscriptionId], map(placedGroups, group => group.subscriptionId))

// The first is the one of the service; factories in other subscriptions have a group of the same name there.
module group 'modules/resource-group.bicep' = [
  for id in subscriptionIds: {
    name: groupName
    scope: subscription(id)
    params: { name: groupName, location: location, tags: tags }
  }
]

module factoryRole 'modules/factory-role.bicep' = {
  name: '${groupName}-role'
  params: {
    suffix: '${environmentName}, ${subscription().subscriptionId}'
    assignableScopes: map(subscriptionIds, id => '/subscriptions/${id}')
  }
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: resourceGroup(groupName)
  params: { name: 'id-${environmentName}-${token}', location: location, tags: tags }
  dependsOn: [group]
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: resourceGroup(groupName)
  params: {
    workspaceName: 'log-${environmentName}-${token}'
    applicationInsightsName: 'appi-${environmentName}-${token}'
    actionGroupName: 'ag-${environmentName}'
    location: location
    tags: tags
    retentionDays: stage.logRetentionDays
    operatorEmail: operatorEmail
    principalId: identity.outputs.principalId
    roles: roles.applicationInsights.roles
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: resourceGroup(groupName)
  params: {
    displayName: 'Cloud migration setup (${environmentName})'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module budget 'modules/budget.bicep' = if (!empty(budgetStart)) {
  name: 'budget'
  scope: resourceGroup(groupName)
  params: {
    name: 'budget-${environmentName}'
    amount: stage.monthlyBudget
    startDate: budgetStart
    actionGroupId: monitoring.outputs.actionGroupId
  }
}

module factoryGroup 'modules/factory-group.bicep' = [
  for placed in placedGroups: {
    name: 'factories-${placed.location}'
    scope: resourceGroup(placed.subscriptionId, groupName)
    params: {
      names: placed.names
      location: placed.location
      tags: tags
      principalId: identity.outputs.principalId
      roleDefinitionId: factoryRole.outputs.resourceId
      actionGroupId: monitoring.outputs.actionGroupId
    }
    dependsOn: [group]
  }
]

module monitoringReader 'modules/monitoring-reader.bicep' = [
  for id in union(map(placedGroups, group => group.subscriptionId), []): {
    name: '${groupName}-monitoring-reader'
    scope: subscription(id)
    params: { principalId: identity.outputs.principalId, roles: roles.factorySubscription.roles }
  }
]

module network 'modules/network.bicep' = if (stage.network == 'Private') {
  name: 'network'
  scope: resourceGroup(groupName)
  params: {
    name: 'vnet-${environmentName}-${token}'
    location: location
    tags: tags
    addressPrefix: networkPrefix
  }
  dependsOn: [group]
}

module service 'service.bicep' = {
  name: 'service'
  scope: resourceGroup(groupName)
  params: {
    name: environmentName
    location: location
    tags: tags
    token: token
    stage: stage
    apiClientId: apiClientId == '00000000-0000-0000-0000-000000000000'
      ? fail('MIGRATION_API_CLIENT_ID is not set: npm run entra register makes the API in Entra ID and sets it.')
      : apiClientId
    identity: {
      resourceId: identity.outputs.resourceId
      clientId: identity.outputs.clientId
      principalId: identity.outputs.principalId
    }
    factories: placedFactories
    metricsEndpoint: metricsEndpoint
    stagingRegions: hasRegions ? filter(regions, region => region != location) : []
    monitoring: {
      applicationInsightsId: monitoring.outputs.applicationInsightsId
      connectionString: monitoring.outputs.connectionString
      actionGroupId: monitoring.outputs.actionGroupId
    }
    privateNetwork: stage.network == 'Private' ? network!.outputs.privateNetwork : null
    durableBackend: durableBackend
    settings: settings
  }
  dependsOn: [factoryGroup]
}

// azd keeps outputs in the environment, where the hooks of azure.yaml read them.
output AZURE_RESOURCE_GROUP string = groupName
output MIGRATION_API_URL string = service.outputs.apiUrl
output MIGRATION_APP_IDENTITY string = identity.outputs.name
output MIGRATION_SERVICE_BUS_NAMESPACE string = service.outputs.serviceBusNamespace
output MIGRATION_FACTORY_PRINCIPALS array = [
  for (placed, index) in placedGroups: factoryGroup[index].outputs.principalIds
]
