import { type Command, keysOfCall } from '../commands/command-table.ts'
import { isNull, nullArray, textOf } from '../resp/reply.ts'
import { elementsOf } from '../resp/reply-splitter.ts'
import { latestIds, unblock } from './blocking.ts'
import type { Calls } from './calls.ts'
import type { ConnectionState } from './own-answers.ts'

/** How often a waiting command looks whether there is an element (in milliseconds). */
const LOOK_MS = 25

/** Answers a command that waits for an element: when there is one, or when its time or its client's is over. */
export async function waitForElement(
  command: Command,
  args: readonly Buffer[],
  calls: Calls,
  { protocol }: ConnectionState,
  isEnding: () => boolean,
): Promise<Buffer> {
  const { args: asked, timeoutMs, isRead } = unblock(command.name, args)
  if (isRead) for (const { key, at } of latestIds(asked)) asked[at] = await latestId(calls, key)
  const keys = keysOfCall(command, args)
  const untilMs = performance.now() + (timeoutMs ?? 0)
  for (;;) {
    const mayHave =
      isRead || command.name === 'xreadgroup' || timeoutMs === null || (await anyExists(calls, keys))
    if (mayHave) {
      const reply = await calls.ask(command.name, asked, isRead)
      if (timeoutMs === null || !isNull(reply)) return reply
    }
    const restMs = untilMs - performance.now()
    if (restMs <= 0 || calls.isGone || isEnding()) return nullArray(protocol)
    await new Promise((resolve) => setTimeout(resolve, Math.min(restMs, LOOK_MS)))
  }
}

/** An error counts as yes: the command itself then answers it. */
async function anyExists(calls: Calls, keys: readonly Buffer[]): Promise<boolean> {
  const reply = await calls.ask('exists', [Buffer.from('EXISTS'), ...keys], true)
  return textOf(reply) !== '0'
}

async function latestId(calls: Calls, key: Buffer): Promise<Buffer> {
  const args = ['XREVRANGE', key, '+', '-', 'COUNT', '1'].map((arg) => Buffer.from(arg))
  const [entry] = elementsOf(await calls.ask('xrevrange', args, true)) ?? []
  const [id] = entry === undefined ? [] : (elementsOf(entry) ?? [])
  return Buffer.from(id === undefined ? '0-0' : textOf(id))
}
