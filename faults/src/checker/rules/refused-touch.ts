import type { Call } from '../../history/calls.ts'
import type { Violation } from '../violation.ts'

/** S3. A touch of a session that is refused for memory lets it end while somebody uses it: an outage logs a user out. */
export function findRefusedTouch(calls: readonly Call[]): Violation[] {
  return calls.flatMap((call): Violation[] =>
    call.invoke.operation === 'touch' && call.completion?.error === 'STORE_FULL'
      ? [
          {
            rule: 'S3-refused-touch',
            token: call.invoke.token ?? '',
            message: 'A session in use could not be kept: its touch was refused for memory.',
            calls: [call],
          },
        ]
      : [],
  )
}
