/** Kusto's own language service: reads a query against the tables of Application Insights. */
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';

// https://learn.microsoft.com/azure/azure-monitor/reference/tables-index, by the names that Application Insights gives them
const common =
  'timestamp: datetime, itemType: string, customDimensions: dynamic, operation_Id: string, operation_ParentId: string, cloud_RoleName: string';
const call = 'id: string, name: string, duration: real, success: string, resultCode: string';
const tables = {
  requests: `${common}, ${call}, url: string`,
  dependencies: `${common}, ${call}, type: string, target: string, data: string`,
  traces: `${common}, message: string, severityLevel: int`,
  customMetrics: `${common}, name: string, value: real, valueCount: int, valueSum: real, valueMin: real, valueMax: real`,
};

/** The part of the service that is used. It was translated from .NET, and is made for browsers. */
interface Kusto {
  readonly GlobalState: { readonly Default: { WithDatabase(database: object): object } };
  readonly KustoCode: {
    ParseAndAnalyze(
      query: string,
      globals: object,
    ): { GetDiagnostics(): { readonly Count: number; getItem(index: number): { readonly Message: string } } };
  };
  readonly Symbols: {
    readonly TableSymbol: { From(schema: string): { WithName(name: string): object } };
    readonly DatabaseSymbol: { readonly $ctor1: new (name: string, members: readonly object[]) => object };
  };
}

function load(): Kusto {
  const context = createContext({ console, setTimeout, clearTimeout, setInterval, clearInterval });
  for (const name of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
    const file = new URL(import.meta.resolve(`@kusto/language-service-next/${name}`));
    runInContext(readFileSync(file, 'utf8'), context);
  }
  return (context['Kusto'] as { readonly Language: Kusto }).Language;
}

/** Makes what says of a query what is wrong with it. */
export function createQueryCheck(): (query: string) => string[] {
  const { GlobalState, KustoCode, Symbols } = load();
  const symbols = Object.entries(tables).map(([name, columns]) =>
    Symbols.TableSymbol.From(`(${columns})`).WithName(name),
  );
  const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1('insights', symbols));
  return (query) => {
    const diagnostics = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
    return Array.from({ length: diagnostics.Count }, (_, index) => diagnostics.getItem(index).Message);
  };
}
