export { EnvironmentError, ProbeError, type Problem, UsageError } from './errors.ts'
export type { FailureKind, Outcome, Phase, StreamRecord } from './record.ts'
export type { ReportJson } from './report/json.ts'
export type {
  ContainerCost,
  Drain,
  GatewayCost,
  GatewayIdentity,
  GatewayUsage,
  MockStats,
  Remains,
  Run,
  Scenario,
} from './run.ts'
export type { GatewayResult, RunResult } from './run-result.ts'
export type { ScenarioOptions } from './scenario/scenario.ts'
export {
  type GatewayOptions,
  type KnownGateway,
  runScenario,
  type StartedTopology,
  startTopology,
  type TopologyOptions,
} from './start-topology.ts'
export type { Distribution } from './stats/distribution.ts'
export type { Summary } from './stats/summary.ts'
export type { ContainerGateway, ImageGateway } from './topology/custom-gateway.ts'
export type { GatewayPlaces } from './topology/gateway-places.ts'
export type { GatewayFinding, GatewayFindingClass } from './verdict/gateway-finding.ts'
