metadata description = 'Everything of the service in one resource group that is there, beside its factories, its identity and where its logs go.'

import { DurableBackend, Factory, PrivateNetwork, Stage } from 'types.bicep'
import { regionalStagingName } from 'names.bicep'

@description('Part of the names of all resources: letters, digits and hyphens.')
@minLength(1)
@maxLength(30)
param name string
param location string = resourceGroup().location
param tags object

@description('Keeps names apart that are unique in all of Azure.')
@minLength(13)
@maxLength(13)
param token string = uniqueString(resourceGroup().id)
param stage Stage

@description('Application id of the API in Entra ID, as `npm run entra register` prints it.')
@minLength(36)
@maxLength(36)
param apiClientId string

@description('The identity of the app.')
param identity {
  resourceId: string
  clientId: string
  principalId: string
}

@minLength(1)
@maxLength(100)
param factories Factory[]

@description('Regions beside that of the app in which copies are staged by themselves: those of factories that have one.')
param stagingRegions string[] = []

@description('Where telemetry goes.')
param monitoring {
  applicationInsightsId: string
  connectionString: string
  actionGroupId: string
}

@description('Where private endpoints are made. Left out: everything is reached from any network, with an identity.')
param privateNetwork PrivateNetwork?

param durableBackend DurableBackend = 'AzureStorage'

@description('Of the metrics of factories, with `{region}` where they have one; the identity must be Monitoring Reader of their subscriptions. Empty: their entities are counted by lists.')
param metricsEndpoint string = ''

@description('Settings of the app that are to be other than in `app-settings.json`, by name.')
param settings object = {}

var roles = loadJsonContent('roles.json')
var alerts = loadJsonContent('alerts.json')
// Longer than any setup is worked on: what is planned anew reads the catalogues that its assessment wrote.
var stagingDays = 365
var packageContainer = 'packages'
var isPrivate = privateNetwork != null
var appName = 'func-${name}-${token}'

func hostOf(url string) string => split(url, '/')[2]

module hostStorage 'modules/storage-account.bicep' = {
  name: 'host-storage'
  params: {
    name: 'sthost${token}'
    location: location
    tags: tags
    zoneRedundant: stage.zoneRedundant
    privateNetwork: privateNetwork
    services: ['blob', 'queue', 'table']
    containers: [packageContainer]
    principalId: identity.principalId
    roles: roles.hostStorage.roles
  }
}

module stateStorage 'modules/storage-account.bicep' = {
  name: 'state-storage'
  params: {
    name: 'ststate${token}'
    location: location
    tags: tags
    zoneRedundant: stage.zoneRedundant
    privateNetwork: privateNetwork
    services: ['table']
    principalId: identity.principalId
    roles: roles.stateStorage.roles
  }
}

// No private network: the nodes of tenants write into it from theirs, each with the signature of its own setup.
module stagingStorage 'modules/storage-account.bicep' = {
  name: 'staging-storage'
  params: {
    name: 'ststaging${token}'
    location: location
    tags: tags
    zoneRedundant: false
    services: ['blob']
    deleteBlobsAfterDays: stagingDays
    principalId: identity.principalId
    roles: roles.stagingStorage.roles
  }
}

module regionalStaging 'modules/storage-account.bicep' = [
  for region in stagingRegions: {
    name: 'staging-storage-${region}'
    params: {
      name: regionalStagingName(token, region)
      location: region
      tags: tags
      zoneRedundant: false
      services: ['blob']
      deleteBlobsAfterDays: stagingDays
      principalId: identity.principalId
      roles: roles.stagingStorage.roles
    }
  }
]

module serviceBus 'modules/service-bus.bicep' = {
  name: 'service-bus'
  params: {
    name: 'sb-${name}-${token}'
    location: location
    tags: tags
    tier: isPrivate ? 'Premium' : stage.serviceBusTier
    privateNetwork: privateNetwork
    principalId: identity.principalId
    roles: roles.eventTopic.roles
  }
}

module keyVault 'modules/key-vault.bicep' = {
  name: 'key-vault'
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    purgeProtection: stage.purgeProtection
    privateNetwork: privateNetwork
    principalId: identity.principalId
    roles: roles.keyVault.roles
  }
}

module app 'modules/function-app.bicep' = {
  name: 'function-app'
  params: {
    name: appName
    planName: 'plan-${name}-${token}'
    location: location
    tags: union(tags, { 'azd-service-name': 'api' })
    identityId: identity.resourceId
    packageContainerUrl: 'https://${hostStorage.outputs.name}.blob.${environment().suffixes.storage}/${packageContainer}'
    alwaysReady: stage.alwaysReady
    instanceMemoryMB: stage.instanceMemoryMB
    zoneRedundant: stage.zoneRedundant
    privateNetwork: privateNetwork
  }
}

var hasScheduler = durableBackend == 'DurableTaskScheduler'

module scheduler 'modules/durable-task-scheduler.bicep' = if (hasScheduler) {
  name: 'durable-task-scheduler'
  params: {
    name: isPrivate
      ? fail('A private network needs the back end AzureStorage: there is no private endpoint for the scheduler here.')
      : 'dts-${name}-${token}'
    location: location
    tags: tags
    principalId: identity.principalId
    clientId: identity.clientId
    roles: roles.durableTaskScheduler.roles
  }
}

module appSettings 'modules/app-settings.bicep' = {
  name: 'app-settings'
  params: {
    appName: app.outputs.name
    overrides: union(hasScheduler ? scheduler!.outputs.settings : {}, settings)
    values: {
      apiClientId: apiClientId
      applicationInsights: monitoring.connectionString
      eventTopic: serviceBus.outputs.topicName
      factories: string(factories)
      hostName: app.outputs.hostName
      hostStorageName: hostStorage.outputs.name
      identityClientId: identity.clientId
      keyVaultUrl: keyVault.outputs.url
      loginUrl: 'https://${hostOf(environment().authentication.loginEndpoint)}'
      metricsEndpoint: metricsEndpoint
      // Pipelines cannot call an app that is private.
      notificationResource: isPrivate ? '' : 'api://${apiClientId}'
      providerTenant: tenant().tenantId
      regionalStagingBlobEndpoints: string(toObject(
        stagingRegions,
        region => region,
        region => 'https://${regionalStagingName(token, region)}.blob.${environment().suffixes.storage}'
      ))
      resourceManagerUrl: 'https://${hostOf(environment().resourceManager)}'
      serviceBusNamespace: serviceBus.outputs.hostName
      stagingBlobEndpoint: 'https://${stagingStorage.outputs.name}.blob.${environment().suffixes.storage}'
      stateTableEndpoint: 'https://${stateStorage.outputs.name}.table.${environment().suffixes.storage}'
    }
  }
  dependsOn: [regionalStaging]
}

module serviceAlerts 'modules/service-alerts.bicep' = {
  name: 'service-alerts'
  params: {
    name: name
    location: location
    applicationInsightsId: monitoring.applicationInsightsId
    actionGroupId: monitoring.actionGroupId
    tags: tags
  }
}

module healthTest 'modules/health-test.bicep' = if (!isPrivate) {
  name: 'health-test'
  params: {
    name: 'health-${name}'
    location: location
    tags: tags
    applicationInsightsId: monitoring.applicationInsightsId
    url: 'https://${app.outputs.hostName}/api/health'
  }
}

module healthAlerts 'modules/alerts.bicep' = if (!isPrivate) {
  name: 'health-alerts'
  params: {
    alerts: alerts.applicationInsights
    resourceName: name
    resourceId: monitoring.applicationInsightsId
    actionGroupId: monitoring.actionGroupId
    tags: tags
  }
}

module serviceBusAlerts 'modules/alerts.bicep' = {
  name: 'service-bus-alerts'
  params: {
    alerts: alerts.serviceBus
    resourceName: 'sb-${name}-${token}'
    resourceId: serviceBus.outputs.resourceId
    actionGroupId: monitoring.actionGroupId
    tags: tags
  }
}

module hostStorageAlerts 'modules/alerts.bicep' = {
  name: 'host-storage-alerts'
  params: {
    alerts: alerts.storage
    resourceName: hostStorage.outputs.name
    resourceId: hostStorage.outputs.resourceId
    actionGroupId: monitoring.actionGroupId
    tags: tags
  }
}

output apiUrl string = 'https://${app.outputs.hostName}/api'
output appName string = app.outputs.name
output keyVaultUrl string = keyVault.outputs.url
output serviceBusNamespace string = serviceBus.outputs.hostName
