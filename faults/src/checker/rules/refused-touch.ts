import type { Call } from '../../history/calls.ts'
import type { Violation } from '../rule.ts'

/**
 * S3. If a server refuses a touch because memory is full, the session ends while its user is active: an outage logs
 * a user out.
 */
export function findRefusedTouch(calls: readonly Call[]): Violation[] {
  return calls.flatMap((call): Violation[] =>
    call.invoke.operation === 'touch' && call.completion?.error === 'STORE_FULL'
      ? [
          {
            rule: 'S3-refused-touch',
            token: call.invoke.token ?? '',
            message: 'The touch of a session in use was refused because memory is full.',
            calls: [call],
          },
        ]
      : [],
  )
}
