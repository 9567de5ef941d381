import type { Rule } from './rule.ts'
import { OWASP_SECRETS } from './sources.ts'

export const secretsOpen: Rule = {
  id: 'secrets-open',
  severity: 'error',
  summary: 'Others than their owner can read or change the secrets.',
  why: 'Whoever reads them can log in to every Redis, and end or list every session.',
  fix: 'Do what the message says. If others may have read them, change them.',
  source: OWASP_SECRETS,
  *check(_, secrets) {
    for (const { dataCentre, seen } of secrets) {
      for (const message of seen.open) yield { path: ['dataCentres', dataCentre, 'secrets'], message }
    }
  },
}
