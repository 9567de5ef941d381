import { unwritable } from '../secrets/writable.ts'
import type { Rule } from './rule.ts'
import { OWASP_SECRETS } from './sources.ts'

export const secretsUnusable: Rule = {
  id: 'secrets-unusable',
  severity: 'error',
  summary: 'The secrets are there, and cannot be used.',
  why: 'Nothing can be rendered or started with them.',
  fix: 'Mend what the message names. To begin anew, move the old file away: new secrets are made when they are needed.',
  source: OWASP_SECRETS,
  *check({ profile }, secrets) {
    for (const { dataCentre, seen } of secrets) {
      const written = seen.secrets === null ? [] : unwritable(seen.secrets, profile)
      for (const message of [...seen.unusable, ...written]) {
        yield { path: ['dataCentres', dataCentre, 'secrets'], message }
      }
    }
  },
}
