metadata description = 'Types that several templates share.'

@export()
@description('A data factory as the app settings name it.')
type Factory = {
  subscriptionId: string
  resourceGroup: string
  name: string

  @description('It takes setups of environments in that region only; left out: all.')
  region: string?
}

@export()
@description('Data factories of one region and subscription.')
type FactoryGroup = {
  location: string

  @minValue(1)
  @maxValue(100)
  count: int

  @description('Left out: the subscription of the deployment.')
  subscriptionId: string?
}

@export()
@description('A role of `roles.json`.')
type Role = {
  name: string
  id: string
}

@export()
@description('Where private endpoints are made. Zones are given by the last part of their name.')
type PrivateNetwork = {
  endpointSubnetId: string
  appSubnetId: string
  zoneIds: {
    blob: string
    queue: string
    table: string
    vault: string
    serviceBus: string
    sites: string
  }
}

@export()
@description('Where orchestrations are kept: in queues and tables of the host, or in a Durable Task Scheduler.')
type DurableBackend = 'AzureStorage' | 'DurableTaskScheduler'

@export()
@description('What differs between a trial, a test and a production.')
type Stage = {
  @description('On Premium, endpoints can be private and the load of others does not slow the topic down.')
  serviceBusTier: 'Standard' | 'Premium'

  @description('`Private` puts everything but the staging and the factories behind private endpoints.')
  network: 'Public' | 'Private'

  @description('Instances that are always there, for requests and for orchestrations each.')
  alwaysReady: int

  instanceMemoryMB: 512 | 2048 | 4096
  zoneRedundant: bool

  @description('Deleted vaults and secrets stay recoverable, and nobody can purge them before their time.')
  purgeProtection: bool

  logRetentionDays: int

  @description('In the currency of the subscription.')
  monthlyBudget: int

  @description('Factories in the region of the deployment, where no other ones are asked for.')
  factories: int
}
