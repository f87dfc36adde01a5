metadata description = 'The role of the app in the factories: Data Factory Contributor may also delete a factory and change its identity.'

targetScope = 'subscription'

@description('Names of roles are unique in a tenant. By its name the role is found when a trial is removed.')
param suffix string

@description('Subscriptions in which it can be assigned.')
param assignableScopes string[]

var role = loadJsonContent('../factory-role.json')

resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, role.name, suffix)
  properties: {
    roleName: '${role.name} (${suffix})'
    description: role.description
    type: 'CustomRole'
    permissions: [{ actions: role.actions, notActions: [] }]
    assignableScopes: assignableScopes
  }
}

output resourceId string = definition.id
