metadata description = 'A network of its own with private names for everything that has a private endpoint.'

import { PrivateNetwork } from '../types.bicep'

param name string
param location string
param tags object

@description('Half of it is for the app, a quarter for the endpoints. At least /25.')
param addressPrefix string

var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault', '.vaultcore')}'
  serviceBus: 'privatelink.servicebus.windows.net'
  sites: 'privatelink.azurewebsites.net'
}

var prefixLength = int(split(addressPrefix, '/')[1])

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, prefixLength + 1, 0)
          delegations: [
            {
              name: 'app'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: cidrSubnet(addressPrefix, prefixLength + 2, 2) }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for entry in items(zoneNames): {
    name: entry.value
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (entry, index) in items(zoneNames): {
    parent: zone[index]
    name: name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

output privateNetwork PrivateNetwork = {
  appSubnetId: '${network.id}/subnets/app'
  endpointSubnetId: '${network.id}/subnets/endpoints'
  zoneIds: {
    blob: resourceId('Microsoft.Network/privateDnsZones', zoneNames.blob)
    queue: resourceId('Microsoft.Network/privateDnsZones', zoneNames.queue)
    table: resourceId('Microsoft.Network/privateDnsZones', zoneNames.table)
    vault: resourceId('Microsoft.Network/privateDnsZones', zoneNames.vault)
    serviceBus: resourceId('Microsoft.Network/privateDnsZones', zoneNames.serviceBus)
    sites: resourceId('Microsoft.Network/privateDnsZones', zoneNames.sites)
  }
}
