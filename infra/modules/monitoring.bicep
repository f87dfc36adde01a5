metadata description = 'Where logs and metrics go, and who is told of an alert.'

import { Role } from '../types.bicep'

param workspaceName string
param applicationInsightsName string
param actionGroupName string
param location string
param tags object
param retentionDays int

@description('Who is mailed. Empty: nobody, alerts are seen in the portal alone.')
param operatorEmail string

@description('The identity that gets the roles on Application Insights.')
param principalId string
param roles Role[]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: true }
  }
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' = {
  name: applicationInsightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableLocalAuth: true
    WorkspaceResourceId: workspace.id
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in roles: {
    name: guid(applicationInsights.id, principalId, role.id)
    scope: applicationInsights
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.id)
    }
  }
]

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'migration'
    emailReceivers: empty(operatorEmail)
      ? []
      : [{ name: 'operators', emailAddress: operatorEmail, useCommonAlertSchema: true }]
  }
}

output workspaceId string = workspace.id
output applicationInsightsId string = applicationInsights.id
output connectionString string = applicationInsights.properties.ConnectionString
output actionGroupId string = operators.id
