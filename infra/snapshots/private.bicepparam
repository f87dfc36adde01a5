// A production in a private network, with factories in two regions and subscriptions: `private.snapshot.json` is what it comes to.
using '../main.bicep'

import { stages } from '../stages.bicep'

param environmentName = 'production'
param location = 'westeurope'
param stage = union(stages.production, { network: 'Private' })
param factories = [
  { location: 'westeurope', count: 2 }
  { location: 'northeurope', count: 1, subscriptionId: '44444444-4444-4444-8444-444444444444' }
]
param apiClientId = '11111111-1111-4111-8111-111111111111'
param operatorEmail = 'operators@example.com'
param budgetStart = '2026-11-01'
param settings = { MIGRATION_SWEEP: 'remove' }
