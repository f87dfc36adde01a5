metadata description = 'The vault for the passwords of sources. Only the app has a role on it.'

import { PrivateNetwork, Role } from '../types.bicep'

@minLength(3)
@maxLength(24)
param name string
param location string
param tags object

@description('Cannot be taken back. Without it the vault can be purged, so that nothing stays of a trial.')
param purgeProtection bool
param privateNetwork PrivateNetwork?

@description('The identity that gets the roles.')
param principalId string
param roles Role[]

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: {
      family: 'A'
      name: 'standard'
    }
    tenantId: tenant().tenantId
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: purgeProtection ? 90 : 7
    // False is refused: it is true or absent.
    enablePurgeProtection: purgeProtection ? true : null
    publicNetworkAccess: privateNetwork == null ? 'Enabled' : 'Disabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: privateNetwork == null ? 'Allow' : 'Deny'
    }
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(vault.id, principalId, role.id)
    scope: vault
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    }
  }
]

module endpoint 'private-endpoint.bicep' = if (privateNetwork != null) {
  name: '${name}-vault'
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    resourceId: vault.id
    groupId: 'vault'
    subnetId: privateNetwork!.endpointSubnetId
    zoneId: privateNetwork!.zoneIds.vault
  }
}

output resourceId string = vault.id

@description('Address of the vault, without a slash at its end.')
output url string = 'https://${vault.name}${environment().suffixes.keyvaultDns}'
