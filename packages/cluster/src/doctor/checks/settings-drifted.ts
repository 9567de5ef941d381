import { isIP } from 'node:net'
import { oneByOne, setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { liveValue } from '../../redis/config-lines.ts'
import { answering, type RedisFacts } from '../snapshot.ts'
import { isAboveLimit } from './backlog-above-buffer-limit.ts'

/** Whether a check of its own tells that this setting is not as planned. */
function isToldElsewhere(name: string, facts: RedisFacts): boolean {
  const live = facts.config[name]
  switch (name) {
    case 'replica-priority':
    case 'maxmemory':
      return true
    case 'replica-announce-ip':
      return isIP(live ?? '') === 0
    case 'maxmemory-policy':
      return live !== 'noeviction'
    case 'appendonly':
      return live !== 'yes'
    case 'min-replicas-to-write':
      return Number(live) < 1
    case 'min-replicas-max-lag':
      return live === '0'
    case 'client-output-buffer-limit':
    case 'repl-backlog-size':
      return isAboveLimit(facts)
    default:
      return false
  }
}

/** Where and how a Redis lets others connect: who connects as it is now must be known before that goes. */
const DECIDES_WHO_CONNECTS = /^(bind|port|protected-mode|tls-.*)$/

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
    .filter(([name]) => !isToldElsewhere(name, facts))
    .map(([name, planned]): [string, string, string] => [
      name,
      liveValue(name, facts.config[name] ?? ''),
      planned,
    ])
    .filter(([, live, planned]) => live !== planned)
}
