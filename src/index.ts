export { EnvironmentError, ProbeError, type Problem, UsageError } from './base/errors.ts'
export type { GatewayPlaces } from './gateways/template.ts'
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
export type { Drain, Remains } from './model/drain.ts'
export type { FailureKind, Phase } from './model/failure.ts'
export type { ContainerCost, GatewayCost, GatewayIdentity, GatewayUsage } from './model/gateway.ts'
export type { MockStats } from './model/mock-stats.ts'
export type { Outcome, StreamRecord } from './model/record.ts'
export type { Run } from './model/run.ts'
export type { Scenario } from './model/scenario.ts'
export type { ScenarioOptions } from './options/scenario.ts'
export type { ReportJson } from './report/json-schema.ts'
export type { ContainerGateway, ImageGateway } from './topology/containers/custom-gateway.ts'
