import { isIP } from 'node:net'
import { setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { bufferLimitOf } from '../planned-config.ts'
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

/** Who connects by the present address or port must be known before it goes. */
const FOR_A_PERSON = ['bind', 'port', 'tls-port']

export const settingsDrifted: Check = {
  id: 'settings-drifted',
  severity: 'warning',
  title: 'A Redis has other settings than planned',
  why: 'The nodes should be alike: any of them may be the primary tomorrow.',
  check: ({ redis }) =>
    answering(redis).flatMap((node) =>
      drifted(node.facts).map(([name, live, planned]) => {
        const { mend, fix } = setDirective(node, name, planned)
        return {
          subject: node.name,
          evidence: `${name} is "${live}" instead of "${planned}".`,
          mend,
          ...(FOR_A_PERSON.includes(name) ? {} : { fix }),
        }
      }),
    ),
}

function drifted(facts: RedisFacts): [name: string, live: string, planned: string][] {
  return Object.entries(facts.plannedConfig)
    .filter(([name]) => !isToldElsewhere(name, facts))
    .map(([name, planned]): [string, string, string] => {
      const live = facts.config[name] ?? ''
      return [name, name === 'client-output-buffer-limit' ? bufferLimitOf(live, 'slave') : live, planned]
    })
    .filter(([, live, planned]) => live !== planned)
}
