metadata description = 'Alerts of `alerts.json` on the platform metrics of one resource.'

@description('What a section of `alerts.json` has.')
param alerts {
  name: string
  severity: 0 | 1 | 2 | 3 | 4
  description: string
  metricNamespace: string
  metricName: string
  aggregation: 'Average' | 'Count' | 'Maximum' | 'Minimum' | 'Total'
  operator: 'GreaterThan' | 'LessThan'
  threshold: int
  window: string
  every: string

  @description('Only these values of these dimensions count.')
  dimensions: {
    name: string
    values: string[]
  }[]?
}[]

param resourceName string
param resourceId string
param actionGroupId string
param tags object

resource alert 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for alert in alerts: {
    name: '${resourceName} ${alert.name}'
    location: 'global'
    tags: tags
    properties: {
      description: alert.description
      severity: alert.severity
      enabled: true
      autoMitigate: true
      scopes: [resourceId]
      evaluationFrequency: alert.every
      windowSize: alert.window
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: alert.metricName
            metricNamespace: alert.metricNamespace
            metricName: alert.metricName
            timeAggregation: alert.aggregation
            operator: alert.operator
            threshold: alert.threshold
            dimensions: map(alert.?dimensions ?? [], dimension => {
              name: dimension.name
              operator: 'Include'
              values: dimension.values
            })
          }
        ]
      }
      actions: [{ actionGroupId: actionGroupId }]
    }
  }
]
