import { setDirective } from '../advice.ts'
import type { Check } from '../finding.ts'
import { bufferLimitOf } from '../../redis/config-lines.ts'
import { answering, type RedisFacts } from '../snapshot.ts'
import { count } from '../words.ts'

export const backlogAboveBufferLimit: Check = {
  id: 'backlog-above-buffer-limit',
  severity: 'error',
  title: 'A replica that catches up is cut off again',
  why: 'The replication backlog is larger than the output buffer of a replica: sending it overruns the limit, without end.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => isAboveLimit(facts))
      .map((node) => ({
        subject: node.name,
        evidence: `repl-backlog-size is ${count(Number(node.facts.config['repl-backlog-size']))} bytes, client-output-buffer-limit "${bufferLimitOf(node.facts.config['client-output-buffer-limit'] ?? '', 'slave')}".`,
        ...setDirective(node, ...planned(node.facts)),
      })),
}

/** Whether one of the two directives is at fault. */
export function isAboveLimit({ config }: RedisFacts): boolean {
  const [, hard = '0', soft = '0'] = bufferLimitOf(config['client-output-buffer-limit'] ?? '', 'slave').split(
    ' ',
  )
  const limits = [hard, soft].map(Number).filter((limit) => limit > 0)
  return limits.some((limit) => limit < Number(config['repl-backlog-size']))
}

/** The one of the two directives that has changed. */
function planned({ config, plannedConfig }: RedisFacts): [name: string, value: string] {
  const backlog = plannedConfig['repl-backlog-size'] ?? ''
  return config['repl-backlog-size'] === backlog
    ? ['client-output-buffer-limit', plannedConfig['client-output-buffer-limit'] ?? '']
    : ['repl-backlog-size', backlog]
}
