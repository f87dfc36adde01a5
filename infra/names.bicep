metadata description = 'Names that more than one template must know.'

import { FactoryGroup } from 'types.bicep'

@export()
@description('Names of the factories of a group. The token tells deployments apart: names of factories are unique in all of Azure.')
func factoryNames(token string, group FactoryGroup) string[] =>
  map(range(1, group.count), number => 'adf-${token}-${group.location}-${number}')

@export()
@description('Name of the staging account of a region other than that of the app.')
func regionalStagingName(token string, region string) string => 'ststaging${uniqueString(token, region)}'
