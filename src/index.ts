export { EnvironmentError, ProbeError, type Problem, UsageError } from './base/errors.ts'
export type { GatewayPlaces } from './gateways/gateway-places.ts'
export type { Distribution } from './judge/distribution.ts'
export type { GatewayFinding, GatewayFindingClass } from './judge/gateway-finding.ts'
export type { Summary } from './judge/summary.ts'
export type { GatewayResult, RunResult } from './library/result.ts'
export {
  type GatewayOptions,
  type KnownGateway,
  runScenario,
  type StartedTopology,
  startTopology,
  type TopologyOptions,
} from './library/session.ts'
export type { FailureKind, Outcome, Phase, StreamRecord } from './model/record.ts'
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
} from './model/run.ts'
export type { ScenarioOptions } from './options/scenario.ts'
export type { ReportJson } from './report/json.ts'
export type { ContainerGateway, ImageGateway } from './topology/containers/custom-gateway.ts'
