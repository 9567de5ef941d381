import { RedisReplyError } from '../errors.ts'
import type { Node } from '../redis/node.ts'
import { withoutCommand } from '../redis/supported-server.ts'
import { FENCE } from './commit.ts'

const TIMEOUT_MS = 1000

/** What every write needs besides what a connection has shown already; each so that it changes nothing. */
const QUESTIONS: readonly (readonly string[])[] = [
  ['WAIT', '0', '1'],
  // No script has this hash: whoever may run scripts is told so.
  ['EVALSHA', '0'.repeat(40), '0'],
  ['PUBLISH', FENCE.channel, FENCE.message],
]

/**
 * Throws `UNSUPPORTED_SERVER` when the primary lacks a command without which nothing can be acknowledged, or this
 * user may not run it. Any other failure is not a finding.
 */
export async function requireCommands(node: Node): Promise<void> {
  await Promise.all(
    QUESTIONS.map((question) =>
      node.read(question, TIMEOUT_MS).catch((error: unknown) => {
        if (!(error instanceof RedisReplyError)) return
        const isMissing = error.kind === 'NOPERM' || /unknown command/i.test(error.message)
        if (isMissing) throw withoutCommand(node.address, question[0] ?? '', error.kind)
      }),
    ),
  )
}
