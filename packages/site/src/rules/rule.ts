import type { Problem, Severity } from '../file/finding.ts'
import type { JudgeGatewaySettings } from '../file/gateway-settings.ts'
import type { Site } from '../file/site.ts'
import type { SecretsSeen } from '../secrets/seen.ts'

/** The documentation of a rule. */
export interface RuleText {
  /** A permanent name, used in output, documents and fixtures. */
  id: string
  severity: Severity
  /** What is wrong when the rule finds something, in one sentence. */
  summary: string
  /** The harm if nothing is done. */
  why: string
  /** What to do. */
  fix: string
  source: Source
}

/** The document or measurement that a rule is based on. */
export interface Source {
  title: string
  url?: string
}

/** A rule about a whole site. Pure: the caller passes in everything that the rule needs from outside the file. */
export interface Rule extends RuleText {
  check: (
    site: Site,
    secrets: readonly LocatedSecrets[],
    judgeGateway?: JudgeGatewaySettings,
  ) => Iterable<Problem>
}

/** A rule about the plain values of a file, even if they do not form a site. */
export interface ValuesRule extends RuleText {
  checkValues: (values: unknown) => Iterable<Problem>
}

/** What was found in the place that keeps the secrets of one data centre. */
export interface LocatedSecrets {
  dataCentre: string
  seen: SecretsSeen
}
