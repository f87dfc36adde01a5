metadata description = 'The app on a Flex Consumption plan. Its package and the state of its host are in storage, reached by its identity.'

import { PrivateNetwork } from '../types.bicep'

param name string
param planName string
param location string
param tags object

@description('Resource id of the user-assigned identity of the app.')
param identityId string

@description('Address of the container of the package.')
param packageContainerUrl string
param alwaysReady int
param instanceMemoryMB int
param zoneRedundant bool
param privateNetwork PrivateNetwork?

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    clientAffinityEnabled: false
    httpsOnly: true
    publicNetworkAccess: privateNetwork == null ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: privateNetwork.?appSubnetId
    siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2', http20Enabled: true }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'node', version: '22' }
      // Without it every instance is ended at once, with what it has in hand. Known from this API version on, to its types later.
      #disable-next-line BCP037
      siteUpdateStrategy: { type: 'RollingUpdate' }
      scaleAndConcurrency: {
        // More would only wait for Resource Manager: ten hosts share a subscription's requests well (decision 0025).
        maximumInstanceCount: 40
        instanceMemoryMB: instanceMemoryMB
        alwaysReady: alwaysReady == 0
          ? []
          : [{ name: 'http', instanceCount: alwaysReady }, { name: 'durable', instanceCount: alwaysReady }]
      }
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

module endpoint 'private-endpoint.bicep' = if (privateNetwork != null) {
  name: '${name}-sites'
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    resourceId: app.id
    groupId: 'sites'
    subnetId: privateNetwork!.endpointSubnetId
    zoneId: privateNetwork!.zoneIds.sites
  }
}

output name string = app.name
output hostName string = app.properties.defaultHostName
