metadata description = 'Alerts of `alerts.json` on the metrics of the service itself, as queries of Application Insights.'

param name string
param location string
param applicationInsightsId string
param actionGroupId string
param tags object

// Not a parameter: its type would have no fractions.
var alerts = loadJsonContent('../alerts.json').service

func valueOf(dimension string) string => 'tostring(customDimensions[\'${dimension}\'])'
func columnOf(dimension string) string => replace(dimension, '.', '_')
func quoted(values string[]) string => join(map(values, value => '\'${value}\''), ', ')
func filterOf(dimension { name: string, values: string[] }) string =>
  '${valueOf(dimension.name)} in (${quoted(dimension.values)})'
func columnsOf(by string[]) string =>
  empty(by) ? '' : ' by ${join(map(by, name => '${columnOf(name)} = ${valueOf(name)}'), ', ')}'

var aggregations = { Maximum: 'max(value)', Minimum: 'min(value)', Total: 'sum(valueSum)' }
var operators = { GreaterThan: '>', GreaterThanOrEqual: '>=' }
var filters = [
  for alert in alerts: join(
    concat(['name == \'${alert.metricName}\''], map(alert.?dimensions ?? [], dimension => filterOf(dimension))),
    ' and '
  )
]
var columns = [for alert in alerts: columnsOf(alert.?by ?? [])]

resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for (alert, index) in alerts: {
    name: '${name} ${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${name} ${alert.name}'
      description: alert.description
      severity: alert.severity
      enabled: true
      autoMitigate: true
      scopes: [applicationInsightsId]
      evaluationFrequency: alert.every
      windowSize: alert.window
      criteria: {
        allOf: [
          {
            query: join(
              [
                'customMetrics'
                '| where ${filters[index]}'
                '| summarize figure = ${aggregations[alert.aggregation]}${columns[index]}'
                '| where figure ${operators[alert.operator]} ${alert.threshold}'
              ],
              '\n'
            )
            // What the query finds is past the threshold.
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: map(alert.?by ?? [], dimension => {
              name: columnOf(dimension)
              operator: 'Include'
              values: ['*']
            })
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
  }
]
