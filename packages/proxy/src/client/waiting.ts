import { type Command, keysOfCall } from '../commands/command-table.ts'
import { nullArray } from '../resp/reply.ts'
import { newestId } from '../waiting/look.ts'
import { latestIds, unblock } from './blocking.ts'
import type { Calls } from './calls.ts'
import type { ClientHost, Streams } from './host.ts'
import type { ConnectionState } from './own-answers.ts'

/** What a client needs to wait for an element. */
interface WaitsOf {
  host: ClientHost
  state: ConnectionState
  calls: Calls
  isEnding: () => boolean
}

/** The command of one client that waits for an element. */
export class Waits {
  readonly #of: WaitsOf
  #end: (() => void) | null = null

  constructor(of: WaitsOf) {
    this.#of = of
  }

  /** Ends the wait: its command is answered as if its time were over. */
  end(): void {
    this.#end?.()
  }

  /** Answers a command that waits: when there is an element, or when its time is over. */
  async forElement(command: Command, args: readonly Buffer[], { look }: Streams): Promise<Buffer> {
    const { host, state, calls, isEnding } = this.#of
    const { db, protocol } = state
    const { args: asked, timeoutMs, isRead } = unblock(command.name, args)
    if (timeoutMs === null) return await calls.ask(command.name, asked, isRead)
    for (const { key, at } of isRead ? latestIds(asked) : []) {
      const id = await newestId(look, db, key)
      if (typeof id !== 'string') return id
      asked[at] = Buffer.from(id)
    }
    const keys = keysOfCall(command, args)
    const isStream = isRead || command.name === 'xreadgroup'
    const ask = () => calls.ask(command.name, asked, isRead)
    const { reply, end } = host.waiting.wait({ db, keys, isStream, look, ask }, timeoutMs)
    this.#end = end
    if (isEnding() || calls.isGone) end()
    const answer = await reply
    this.#end = null
    // It may have moved the element to a key that others wait for.
    if (answer !== null && command.deniesOnOom) host.waiting.touched(db, keys)
    return answer ?? nullArray(protocol)
  }
}
