metadata description = 'A subscription of the topic and its filters.'

param namespaceName string
param topicName string
param name string

@description('As in `topic.json`.')
param settings {
  LockDuration: string
  MaxDeliveryCount: int
  RequiresSession: bool
  DeadLetteringOnMessageExpiration: bool
}

@description('A message is taken when one of them matches; without any, all are.')
param rules {
  Name: string
  Properties: {
    FilterType: 'Correlation'
    CorrelationFilter: {
      Properties: object
    }
  }
}[]

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: namespaceName

  resource topic 'topics' existing = {
    name: topicName
  }
}

resource subscription 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = {
  parent: namespace::topic
  name: name
  properties: {
    deadLetteringOnMessageExpiration: settings.DeadLetteringOnMessageExpiration
    lockDuration: settings.LockDuration
    maxDeliveryCount: settings.MaxDeliveryCount
    requiresSession: settings.RequiresSession
  }

  // A new subscription has a rule of this name that takes every message: the first of ours stands in its place.
  resource rule 'rules' = [
    for (rule, index) in rules: {
      name: index == 0 ? '$Default' : rule.Name
      properties: {
        filterType: 'CorrelationFilter'
        correlationFilter: {
          properties: rule.Properties.CorrelationFilter.Properties
        }
      }
    }
  ]
}
