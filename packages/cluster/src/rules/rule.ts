import type { SecretsSeen } from '../secrets/seen.ts'
import type { Problem, Severity } from '../site/finding.ts'
import type { JudgeGatewaySettings } from '../site/gateway-settings.ts'
import type { Site } from '../site/site.ts'

/** What a rule asks for, in words. */
export interface RuleText {
  /** Its name for good: in output, documents and fixtures. */
  id: string
  severity: Severity
  /** What is wrong when it finds something, in one sentence. */
  summary: string
  /** What happens if nothing is done. */
  why: string
  /** What to do. */
  fix: string
  source: Source
}

/** Where a rule comes from. */
export interface Source {
  title: string
  url?: string
}

/** A rule about a whole site. Pure: what it needs of the world is handed to it. */
export interface Rule extends RuleText {
  check: (
    site: Site,
    secrets: readonly PlacedSecrets[],
    judgeGateway?: JudgeGatewaySettings,
  ) => Iterable<Problem>
}

/** A rule about whatever the file holds, even if that is no site. */
export interface ValuesRule extends RuleText {
  checkValues: (values: unknown) => Iterable<Problem>
}

/** What was seen in the place of secrets of one data centre. */
export interface PlacedSecrets {
  dataCentre: string
  seen: SecretsSeen
}
