/**
 * The process of one run. It is the first process in its own namespaces (hosts/isolation.ts), so everything that it
 * started ends with it. It reads one line, a RunOrder, and ends when its input ends.
 */
import { createInterface } from 'node:readline'
import type { RunMessage, RunOrder } from './messages.ts'
import { run } from './run.ts'

const print = (message: RunMessage) =>
  new Promise<void>((resolve) => process.stdout.write(`${JSON.stringify(message)}\n`, () => resolve()))

async function handleOrder(order: RunOrder): Promise<void> {
  try {
    const record = await run({ ...order, onStage: (stage) => void print({ type: 'stage', stage }) })
    await print({ type: 'done', record })
  } catch (error) {
    await print({
      type: 'broken',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  }
  process.exit(0)
}

const lines = createInterface(process.stdin)
lines.once('line', (line) => void handleOrder(JSON.parse(line) as RunOrder))
lines.on('close', () => process.exit(1))
