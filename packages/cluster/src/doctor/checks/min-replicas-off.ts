import { setDirectives } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const minReplicasOff: Check = {
  id: 'min-replicas-off',
  severity: 'error',
  title: 'A Redis takes writes that no replica has',
  why: 'A primary that is cut off would go on taking logins, which are lost when it comes back.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(
        ({ facts }) =>
          Number(facts.config['min-replicas-to-write']) < 1 || facts.config['min-replicas-max-lag'] === '0',
      )
      .map((node) => ({
        subject: node.name,
        evidence: `Its min-replicas-to-write is ${node.facts.config['min-replicas-to-write']}, its min-replicas-max-lag ${node.facts.config['min-replicas-max-lag']} s.`,
        // A limit of 0 to the lag switches both off.
        ...setDirectives(
          node,
          Object.fromEntries(
            ['min-replicas-to-write', 'min-replicas-max-lag'].map((name) => [
              name,
              node.facts.plannedConfig[name] ?? '',
            ]),
          ),
        ),
      })),
}
