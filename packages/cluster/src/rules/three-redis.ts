import { countOf, dataCentrePath } from './places.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const threeRedis: Rule = {
  id: 'three-redis',
  severity: 'error',
  summary: 'A data centre has fewer than three Redis.',
  why: 'A login is acknowledged when a majority of the nodes has it. With two Redis the loss of one host stops all logins, and with one it ends all sessions.',
  fix: 'Let three hosts of the data centre run `redis`, each on its own machine.',
  source: sharedTokenRedis('number of servers'),
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const count = countOf(dataCentre, 'redis')
      if (count >= 3) continue
      yield {
        path: [...dataCentrePath(dataCentre), 'hosts'],
        message: `${dataCentre.name} has ${count} of three Redis.`,
      }
    }
  },
}
