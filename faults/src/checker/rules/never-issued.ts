import { invokedMs } from '../../history/calls.ts'
import type { TokenFacts } from '../facts.ts'
import type { Violation } from '../violation.ts'

/**
 * S3 is violated if a server answers *active* for a token that no call issued, before its issue was invoked, or with
 * the wrong subject.
 */
export function findNeverIssued(facts: TokenFacts): Violation[] {
  const { issue, subject, observations } = facts
  return observations.flatMap((seen): Violation[] => {
    if (seen.says !== 'active') return []
    const wrong = (message: string, calls = [seen.call]): Violation[] => [
      { rule: 'S3-never-issued', token: facts.token, message, calls },
    ]
    if (issue === null) return wrong('Called active, and nobody issued it.')
    if (invokedMs(issue) > seen.endedMs)
      return wrong('Called active before its issue began.', [seen.call, issue])
    if (seen.subject !== null && subject !== null && seen.subject !== subject) {
      return wrong(`Called active as the session of ${seen.subject}; it is one of ${subject}.`, [
        issue,
        seen.call,
      ])
    }
    return []
  })
}
