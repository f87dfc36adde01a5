metadata description = 'The settings of the app: `app-settings.json` with the names of this deployment in place of its `<…>`.'

param appName string

@description('What stands in place of each `<…>`.')
param values {
  apiClientId: string
  applicationInsights: string
  eventTopic: string
  factories: string
  hostName: string
  hostStorageName: string
  identityClientId: string
  keyVaultUrl: string
  loginUrl: string
  metricsEndpoint: string
  notificationResource: string
  providerTenant: string
  regionalStagingBlobEndpoints: string
  resourceManagerUrl: string
  serviceBusNamespace: string
  stagingBlobEndpoint: string
  stateTableEndpoint: string
}

@description('Settings that are to be other than in the file.')
param overrides object

var filled = toObject(
  items(loadJsonContent('../app-settings.json')),
  setting => setting.key,
  setting =>
    contains(setting.value, '<')
      ? reduce(items(values), setting.value, (text, value) => replace(text, '<${value.key}>', value.value))
      : setting.value
)

resource app 'Microsoft.Web/sites@2024-11-01' existing = {
  name: appName

  resource settings 'config' = {
    name: 'appsettings'
    properties: union(filled, overrides)
  }
}
