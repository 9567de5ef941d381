import { isError } from '../resp/reply.ts'
import { elementsOf } from '../resp/reply-splitter.ts'
import type { Request } from '../resp/request-parser.ts'

/** Commands between MULTI and EXEC, which wait in the proxy. */
export class Transaction {
  readonly commands: Buffer[] = []
  readonly names: string[] = []
  /** Bytes of its commands. */
  bytes = 0
  /** A command was refused: EXEC does nothing. */
  isBroken = false
  /** The keys to which its commands may add elements, if any command waited when it came. */
  readonly touched: Buffer[] = []
  /** The databases that its commands select, with their places among the commands. */
  readonly selects: { at: number; db: number }[] = []

  add(name: string, { args, raw }: Request): void {
    if (name === 'select') this.selects.push({ at: this.commands.length, db: Number(String(args[1])) })
    this.commands.push(raw)
    this.bytes += raw.length
    this.names.push(name)
  }

  /** The database after this answer to EXEC. Null: the same as before, because the server selected none of them. */
  selectedBy(exec: Buffer): number | null {
    const answers = elementsOf(exec) ?? []
    const done = this.selects.findLast(({ at }) => {
      const answer = answers[at]
      return answer !== undefined && !isError(answer)
    })
    return done?.db ?? null
  }
}
