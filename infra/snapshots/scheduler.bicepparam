// A trial whose orchestrations a Durable Task Scheduler keeps: `scheduler.snapshot.json` is what it comes to.
using '../main.bicep'

import { stages } from '../stages.bicep'

param environmentName = 'dev'
param location = 'westeurope'
param stage = stages.dev
param apiClientId = '11111111-1111-4111-8111-111111111111'
param operatorEmail = 'operators@example.com'
param budgetStart = '2026-11-01'
param durableBackend = 'DurableTaskScheduler'
param settings = {}
