import { dataCentrePath } from './places.ts'
import type { Rule } from './rule.ts'
import { SENTINEL_DOCS } from './sources.ts'

export const primaryName: Rule = {
  id: 'primary-name',
  severity: 'error',
  summary: 'Sentinel cannot watch a primary under this name.',
  why: 'Sentinel takes letters, digits, ".", "-" and "_" in a name, and does not start with any other.',
  fix: 'Take a name such as mymaster, or leave `primaryName` out.',
  source: SENTINEL_DOCS,
  *check({ dataCentres }) {
    for (const dataCentre of dataCentres) {
      if (/^[A-Za-z0-9._-]{1,64}$/.test(dataCentre.primaryName)) continue
      yield {
        path: [...dataCentrePath(dataCentre), 'primaryName'],
        message: `"${dataCentre.primaryName}" is not 1 to 64 of A-Z, a-z, 0-9, ".", "-" and "_".`,
      }
    }
  },
}
