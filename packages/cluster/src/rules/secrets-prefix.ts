import { dataCentrePath } from './places.ts'
import type { Rule } from './rule.ts'

export const secretsPrefix: Rule = {
  id: 'secrets-prefix',
  severity: 'error',
  summary: 'The prefix of the variables with secrets is no name of a variable.',
  why: 'Shells and systemd do not set variables with other characters: the secrets would never be found.',
  fix: 'Take A-Z, 0-9 and "_", beginning with a letter and without "_" at the end: DC1.',
  source: {
    title: 'POSIX, Environment Variables',
    url: 'https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html',
  },
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const { secrets } = dataCentre
      if (secrets.kind !== 'environment' || /^[A-Z]([A-Z0-9_]{0,62}[A-Z0-9])?$/.test(secrets.prefix)) continue
      yield {
        path: [...dataCentrePath(dataCentre), 'secrets', 'environment'],
        message: 'The prefix is not A-Z, 0-9 and "_".',
      }
    }
  },
}
