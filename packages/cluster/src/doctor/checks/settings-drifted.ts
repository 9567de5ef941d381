import { oneByOne, setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { bufferLimitOf } from '../planned-config.ts'
import { answering, type RedisFacts } from '../snapshot.ts'
import { isAboveLimit } from './backlog-above-buffer-limit.ts'

/** Each has a check of its own; the limit of the memory may be raised. */
const TOLD_ELSEWHERE = [
  'replica-priority',
  'replica-announce-ip',
  'maxmemory',
  'maxmemory-policy',
  'appendonly',
  'min-replicas-to-write',
]

/** Where and how a Redis lets others connect: who connects as it is now must be known before that goes. */
const DECIDES_WHO_CONNECTS = /^(bind|protected-mode|tls-.*)$/

export const settingsDrifted: Check = {
  id: 'settings-drifted',
  severity: 'warning',
  title: 'A Redis has other settings than planned',
  why: 'The nodes should be alike: any of them may be the primary tomorrow.',
  needs: ['redis'],
  check: (snapshot) =>
    answering(snapshot.redis).flatMap((node) =>
      drifted(node.facts).map(([name, live, planned]) => {
        const { mend, fix } = setDirective(node, name, planned)
        return {
          subject: node.name,
          evidence: `${name} is "${live}" instead of "${planned}".`,
          ...(DECIDES_WHO_CONNECTS.test(name)
            ? {
                mend: `When every client, Redis and Sentinel can connect as planned:\n${mend}\n${oneByOne(snapshot)}`,
              }
            : { mend, fix }),
        }
      }),
    ),
}

function drifted(facts: RedisFacts): [name: string, live: string, planned: string][] {
  return Object.entries(facts.plannedConfig)
    .filter(([name]) => !TOLD_ELSEWHERE.includes(name))
    .filter(
      ([name]) =>
        !(['client-output-buffer-limit', 'repl-backlog-size'].includes(name) && isAboveLimit(facts)),
    )
    .filter(([name]) => !(name === 'min-replicas-max-lag' && facts.config[name] === '0'))
    .map(([name, planned]): [string, string, string] => {
      const live = facts.config[name] ?? ''
      return [name, name === 'client-output-buffer-limit' ? bufferLimitOf(live, 'slave') : live, planned]
    })
    .filter(([, live, planned]) => live !== planned)
}
