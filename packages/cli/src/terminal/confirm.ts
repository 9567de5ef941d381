import { createInterface } from 'node:readline/promises'
import { UsageError } from '../command.ts'

/** Throws `UsageError` where there is no terminal to ask at. */
export function assertTerminal(): void {
  if (!process.stdin.isTTY) throw new UsageError('Nobody can be asked here: give --yes to do it all the same')
}

/** Whether the person at the terminal says yes. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}
