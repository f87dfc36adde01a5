metadata description = 'Parameters of each stage. `main.bicepparam` takes the one that MIGRATION_STAGE names.'

import { Stage } from 'types.bicep'

@export()
var stages { *: Stage } = {
  dev: {
    serviceBusTier: 'Standard'
    network: 'Public'
    alwaysReady: 0
    instanceMemoryMB: 512
    zoneRedundant: false
    purgeProtection: false
    logRetentionDays: 30
    monthlyBudget: 100
    factories: 1
  }
  test: {
    serviceBusTier: 'Standard'
    network: 'Public'
    alwaysReady: 1
    instanceMemoryMB: 2048
    zoneRedundant: false
    purgeProtection: true
    logRetentionDays: 30
    monthlyBudget: 300
    factories: 2
  }
  production: {
    serviceBusTier: 'Standard'
    network: 'Public'
    alwaysReady: 2
    instanceMemoryMB: 2048
    zoneRedundant: true
    purgeProtection: true
    logRetentionDays: 90
    monthlyBudget: 3000
    // A factory takes 490 setups; ten thousand a month are removed a month later.
    factories: 21
  }
}
