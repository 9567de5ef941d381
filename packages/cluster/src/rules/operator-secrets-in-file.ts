import { hostsThatRun } from '../site/site.ts'
import { dataCentrePath } from './places.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const operatorSecretsInFile: Rule = {
  id: 'operator-secrets-in-file',
  severity: 'warning',
  summary: 'A host operates a data centre whose secrets are in no file.',
  why: 'A rotation of passwords replaces the file of secrets. Variables of the environment and credentials of systemd cannot be replaced by a command, so no timer is rendered, and passwords grow old.',
  fix: 'Name a folder on that host, with `secrets: { file: FOLDER }`, or rotate them where they are kept.',
  source: sharedTokenRedis('security: authentication'),
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const [operator] = hostsThatRun(dataCentre, 'operator')
      if (operator === undefined || dataCentre.secrets.kind === 'file') continue
      yield {
        path: [...dataCentrePath(dataCentre), 'secrets'],
        message: `${operator.name} cannot rotate the passwords of ${dataCentre.name}: they are in no file.`,
      }
    }
  },
}
