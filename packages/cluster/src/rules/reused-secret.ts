import { passwordsOf } from './passwords.ts'
import type { Rule } from './rule.ts'
import { OWASP_SECRETS } from './sources.ts'

export const reusedSecret: Rule = {
  id: 'reused-secret',
  severity: 'error',
  summary: 'Two users or two data centres have the same password, mark or key.',
  why: 'Whoever learns the one has the other. Users with few rights, such as metrics, would open the way to those with all.',
  fix: 'Give each its own: `openssl rand -base64 32`. A data centre that was copied from another needs new secrets.',
  source: OWASP_SECRETS,
  *check(_, secrets) {
    const owners = new Map<string, string>()
    const marks = secrets.flatMap(({ dataCentre, seen }) => {
      if (seen.secrets === null) return []
      const { mark, keyring } = seen.secrets
      const path = ['dataCentres', dataCentre, 'secrets']
      return [
        { dataCentre, user: 'the mark', password: mark, path },
        { dataCentre, user: 'the index key', password: keyring.index, path },
        ...Object.entries(keyring.keys).map(([id, password]) => ({
          dataCentre,
          user: `the key ${id}`,
          password,
          path,
        })),
      ]
    })
    for (const { dataCentre, user, password, path } of [...passwordsOf(secrets), ...marks]) {
      const own = `${user} of ${dataCentre}`
      const owner = owners.get(password)
      owners.set(password, owner ?? own)
      if (owner !== undefined) yield { path, message: `The secret of ${own} is that of ${owner}, too.` }
    }
  },
}
