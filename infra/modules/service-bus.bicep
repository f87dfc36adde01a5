metadata description = 'The namespace and the topic of the events, as `topic.json` has it. Nobody signs in with a key.'

import { PrivateNetwork, Role } from '../types.bicep'

param name string
param location string
param tags object

@description('Private endpoints need Premium.')
param tier 'Standard' | 'Premium'
param privateNetwork PrivateNetwork?

@description('The identity that gets the roles on the topic.')
param principalId string
param roles Role[]

var topic = loadJsonContent('../topic.json')

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: tier
    tier: tier
    capacity: tier == 'Premium' ? 1 : null
  }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: privateNetwork == null ? 'Enabled' : 'Disabled'
  }
}

resource events 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = {
  parent: namespace
  name: topic.Name
  properties: {
    defaultMessageTimeToLive: topic.Properties.DefaultMessageTimeToLive
    duplicateDetectionHistoryTimeWindow: topic.Properties.DuplicateDetectionHistoryTimeWindow
    maxSizeInMegabytes: 5120
    requiresDuplicateDetection: topic.Properties.RequiresDuplicateDetection
    supportOrdering: true
  }
}

module subscription 'topic-subscription.bicep' = [
  for subscription in topic.Subscriptions: {
    name: '${name}-${subscription.Name}'
    params: {
      namespaceName: namespace.name
      topicName: events.name
      name: subscription.Name
      settings: subscription.Properties
      rules: subscription.?Rules ?? []
    }
  }
]

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(events.id, principalId, role.id)
    scope: events
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    }
  }
]

module endpoint 'private-endpoint.bicep' = if (privateNetwork != null) {
  name: '${name}-namespace'
  params: {
    name: 'pep-${name}'
    location: location
    tags: tags
    resourceId: namespace.id
    groupId: 'namespace'
    subnetId: privateNetwork!.endpointSubnetId
    zoneId: privateNetwork!.zoneIds.serviceBus
  }
}

output resourceId string = namespace.id
output topicName string = events.name

@description('Host name of the namespace.')
output hostName string = split(split(namespace.properties.serviceBusEndpoint, '/')[2], ':')[0]
