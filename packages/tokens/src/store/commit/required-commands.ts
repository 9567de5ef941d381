import { RedisReplyError } from '../../errors.ts'
import type { Node } from '../../redis/node.ts'
import { withoutCommand } from '../../redis/supported-server.ts'
import { FENCE } from './committer.ts'

const TIMEOUT_MS = 1000

/** Every command that a write needs and that the connection has not used so far. None of them changes anything. */
const QUESTIONS: readonly (readonly string[])[] = [
  ['WAIT', '0', '1'],
  // No script has this hash, so Redis replies with that error if the user has permission to run scripts.
  ['EVALSHA', '0'.repeat(40), '0'],
  ['PUBLISH', FENCE.channel, FENCE.message],
]

/**
 * Throws `UNSUPPORTED_SERVER` if the primary lacks a command that acknowledgements need, or if this user has no
 * permission to run it. Ignores any other failure.
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
