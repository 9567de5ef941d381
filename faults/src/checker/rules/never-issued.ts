import { invokedMs } from '../../history/calls.ts'
import type { Violation } from '../rule.ts'
import type { TokenHistory } from '../token-history.ts'

/**
 * S3 is violated if a server answers *active* for a token that no call issued, before its issue was invoked, or with
 * the wrong subject.
 */
export function findNeverIssued(history: TokenHistory): Violation[] {
  const { issue, subject, observations } = history
  return observations.flatMap((seen): Violation[] => {
    if (seen.state !== 'active') return []
    const wrong = (message: string, calls = [seen.call]): Violation[] => [
      { rule: 'S3-never-issued', token: history.token, message, calls },
    ]
    if (issue === null) return wrong('A server answered active, but no call issued the token.')
    if (invokedMs(issue) > seen.endedMs)
      return wrong('A server answered active before the issue began.', [seen.call, issue])
    if (seen.subject !== null && subject !== null && seen.subject !== subject) {
      return wrong(
        `A server answered active for subject ${seen.subject}, but the session belongs to ${subject}.`,
        [issue, seen.call],
      )
    }
    return []
  })
}
