import { createInterface } from 'node:readline/promises'
import { UsageError } from '../command.ts'
import { paint } from './paint.ts'

export interface Questions extends Disposable {
  /** Asks until `parse` takes the answer; an empty answer is the default. Throws `UsageError` when broken off. */
  ask: <Answer>(question: string, byDefault: string, parse: (text: string) => Answer) => Promise<Answer>
  say: (line: string) => void
}

/** Questions to a person at the terminal. Ctrl-C and Ctrl-D break them off. */
export function startQuestions(): Questions {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const brokenOff = new AbortController()
  lines.on('SIGINT', () => lines.close())
  lines.on('close', () => brokenOff.abort())
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const answerTo = async (question: string): Promise<string> => {
    try {
      return (await lines.question(question, { signal: brokenOff.signal })).trim()
    } catch (cause) {
      say('')
      throw new UsageError('Broken off; nothing was written', { cause })
    }
  }
  return {
    say,
    async ask(question, byDefault, parse) {
      const hint = byDefault === '' ? '' : paint.faint(` [${byDefault}]`)
      for (;;) {
        const text = (await answerTo(`${question}${hint} `)) || byDefault
        try {
          return parse(text)
        } catch (error) {
          if (!(error instanceof UsageError)) throw error
          say(`  ${paint.bad('!')} It ${error.message}.`)
        }
      }
    },
    [Symbol.dispose]: () => lines.close(),
  }
}
