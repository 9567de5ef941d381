import { countOf, dataCentrePath } from './places.ts'
import type { Rule } from './rule.ts'
import { SENTINEL_DOCS } from './sources.ts'

export const threeSentinels: Rule = {
  id: 'three-sentinels',
  severity: 'error',
  summary: 'A data centre has fewer than three Sentinels.',
  why: 'A failover needs a majority of the Sentinels. With two, the host that is lost takes the majority with it, and nobody is promoted.',
  fix: 'Let three hosts of the data centre run `sentinel`, the same that run `redis`.',
  source: SENTINEL_DOCS,
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const count = countOf(dataCentre, 'sentinel')
      if (count >= 3) continue
      yield {
        path: [...dataCentrePath(dataCentre), 'hosts'],
        message: `${dataCentre.name} has ${count} of three Sentinels.`,
      }
    }
  },
}
