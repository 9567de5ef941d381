import { countOf, dataCentrePath } from './places.ts'
import type { Rule } from './rule.ts'
import { SENTINEL_DOCS } from './sources.ts'

export const majorityQuorum: Rule = {
  id: 'majority-quorum',
  severity: 'error',
  summary: 'The quorum is not a majority of the Sentinels.',
  why: 'With less, one Sentinel that is cut off holds the primary for dead and begins failovers. With more, the Sentinel beside the lost primary is missed, and no failover ever begins.',
  fix: 'Leave `quorum` out: then it is a majority, 2 of 3.',
  source: SENTINEL_DOCS,
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      const { quorum } = dataCentre
      const sentinels = countOf(dataCentre, 'sentinel')
      const majority = Math.floor(sentinels / 2) + 1
      if (quorum === undefined || quorum === majority) continue
      yield {
        path: [...dataCentrePath(dataCentre), 'quorum'],
        message: `The quorum is ${quorum}; a majority of ${sentinels} Sentinels is ${majority}.`,
      }
    }
  },
}
