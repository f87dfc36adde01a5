metadata description = 'A storage account without keys: its data is reached by identities that have a role.'

import { PrivateNetwork, Role } from '../types.bicep'

@minLength(3)
@maxLength(24)
param name string
param location string
param tags object

@description('Whether a copy is kept in each of three zones.')
param zoneRedundant bool

@description('The only way to the account. Left out: any network, with an identity or a signature.')
param privateNetwork PrivateNetwork?

@description('What has a private endpoint each, if there is a private network.')
param services ('blob' | 'queue' | 'table')[]

param containers string[] = []

@description('Blobs that nobody has written for so long are deleted. Left out: none.')
param deleteBlobsAfterDays int?

@description('The identity that gets the roles.')
param principalId string
param roles Role[]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: privateNetwork == null ? 'Enabled' : 'Disabled'
    supportsHttpsTrafficOnly: true
    networkAcls: {
      bypass: 'None'
      defaultAction: privateNetwork == null ? 'Allow' : 'Deny'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource container 'containers' = [
      for container in containers: {
        name: container
        properties: { publicAccess: 'None' }
      }
    ]
  }

  resource lifecycle 'managementPolicies' = if (deleteBlobsAfterDays != null) {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'forgotten'
            type: 'Lifecycle'
            enabled: true
            definition: {
              filters: { blobTypes: ['blockBlob'] }
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: deleteBlobsAfterDays! } } }
            }
          }
        ]
      }
    }
    dependsOn: [blobs]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(account.id, principalId, role.id)
    scope: account
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    }
  }
]

module endpoint 'private-endpoint.bicep' = [
  for service in services: if (privateNetwork != null) {
    name: '${name}-${service}'
    params: {
      name: 'pep-${name}-${service}'
      location: location
      tags: tags
      resourceId: account.id
      groupId: service
      subnetId: privateNetwork!.endpointSubnetId
      zoneId: privateNetwork!.zoneIds[service]
    }
  }
]

output name string = account.name
output resourceId string = account.id
