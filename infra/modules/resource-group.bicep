metadata description = 'A resource group in any subscription.'

targetScope = 'subscription'

param name string
param location string
param tags object

resource group 'Microsoft.Resources/resourceGroups@2024-07-01' = {
  name: name
  location: location
  tags: tags
}

output name string = group.name
