import { countOf, dataCentrePath } from './places.ts'
import type { Rule } from './rule.ts'
import { SENTINEL_DOCS } from './sources.ts'

export const oddSentinels: Rule = {
  id: 'odd-sentinels',
  severity: 'warning',
  summary: 'A data centre has an even number of Sentinels.',
  why: 'Four Sentinels survive the loss of one, as three do; but they can be cut into two halves of which neither has a majority.',
  fix: 'Take one Sentinel away, or add one.',
  source: SENTINEL_DOCS,
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const count = countOf(dataCentre, 'sentinel')
      if (count < 3 || count % 2 === 1) continue
      yield {
        path: [...dataCentrePath(dataCentre), 'hosts'],
        message: `${dataCentre.name} has ${count} Sentinels: an even number.`,
      }
    }
  },
}
