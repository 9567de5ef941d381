/** The file of a site: write, read and check it. Connects to no server. */
export type { RuleText, Source } from '../rules/rule.ts'
export { explainRule } from '../rules/rules.ts'
export { ENGINES, TRANSPORTS } from '../site/choices.ts'
export { composeSite, type NewDataCentre, type NewSite } from '../site/compose.ts'
export type { Finding, Path, Position, Severity } from '../site/finding.ts'
export { type WrittenSite, writeSite } from '../site/write-site.ts'
export { type CheckedSite, checkSiteFile, checkSiteText, excerptOf, loadSite } from './check-site.ts'
export { sarifOf } from './sarif.ts'
