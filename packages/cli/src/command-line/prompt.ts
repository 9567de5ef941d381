import { createInterface } from 'node:readline/promises'
import type { ReadStream } from 'node:tty'
import { paint } from '../terminal/paint.ts'
import { UsageError } from './command-spec.ts'

const MAX_CHARACTERS = 4096

/** Asks for the new password of a user as {@link askSecret} does. With `fromInput` it only reads standard input. */
export const askPassword = (user: string, fromInput = false): Promise<string> =>
  fromInput
    ? readAll(process.stdin).then((text) => firstLine(text, 'password'))
    : askSecret(`Password for ${user}`, { word: 'password', twice: true })

/**
 * Reads a secret: typed without echo (with `twice`, two times), or the first line of piped input. A secret is never an
 * argument, because `ps` and the shell's history show arguments. Throws `UsageError` if the input is unusable.
 */
export async function askSecret(
  question: string,
  { word, twice }: { word: 'password' | 'passphrase'; twice: boolean },
): Promise<string> {
  if (!process.stdin.isTTY) return firstLine(await readAll(process.stdin), word)
  const first = await typeHidden(process.stdin, `${question}: `)
  if (twice && first !== (await typeHidden(process.stdin, 'Repeat it: '))) {
    throw new UsageError(`The two ${word}s differ. Nothing was changed`)
  }
  return first
}

/** The first line of the input. Throws `UsageError` if it is empty. */
export function firstLine(text: string, word: 'password' | 'passphrase'): string {
  const line = text.split(/\r?\n/, 1)[0] ?? ''
  if (line === '')
    throw new UsageError(`No ${word} on standard input: pipe it in as one line, or run this at a terminal`)
  return line
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  stream.setEncoding('utf8')
  for await (const chunk of stream) {
    text += String(chunk)
    if (text.length > MAX_CHARACTERS)
      throw new UsageError(`Standard input has more than ${MAX_CHARACTERS} characters, too many for a secret`)
  }
  return text
}

function typeHidden(input: ReadStream, question: string): Promise<string> {
  process.stderr.write(question)
  input.setRawMode(true)
  input.setEncoding('utf8')
  input.resume()
  return new Promise((resolve, reject) => {
    let text = ''
    const end = () => {
      input.off('data', onData)
      input.setRawMode(false)
      input.pause()
      process.stderr.write('\n')
    }
    const onData = (chunk: string) => {
      for (const character of chunk) {
        if (character === '\r' || character === '\n') {
          end()
          return resolve(text)
        }
        if (character === '\u0003' || character === '\u0004') {
          end()
          return reject(new UsageError('Interrupted. Nothing was changed'))
        }
        if (character === '\u007f' || character === '\b') text = [...text].slice(0, -1).join('')
        else if (character >= ' ') text += character
      }
    }
    input.on('data', onData)
  })
}

/** Throws `UsageError` if there is no terminal to ask at. */
export function assertTerminal(): void {
  if (!process.stdin.isTTY) throw new UsageError('A confirmation needs a terminal: without one, use --yes')
}

/** Asks a question and returns whether the answer is yes. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await terminal.question(`${question} [y/N] `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}

export interface Questions extends Disposable {
  /** Repeats the question until `parse` accepts the answer. An empty answer selects the default. Throws `UsageError` on Ctrl-C. */
  ask: <Answer>(question: string, byDefault: string, parse: (text: string) => Answer) => Promise<Answer>
  say: (line: string) => void
}

/** Asks questions at the terminal. Ctrl-C and Ctrl-D end them. */
export function startQuestions(): Questions {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const interrupted = new AbortController()
  lines.on('SIGINT', () => lines.close())
  lines.on('close', () => interrupted.abort())
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const answerTo = async (question: string): Promise<string> => {
    try {
      return (await lines.question(question, { signal: interrupted.signal })).trim()
    } catch (cause) {
      say('')
      throw new UsageError('Interrupted. Nothing was written', { cause })
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
          say(`  ${paint.bad('!')} The answer ${error.message}.`)
        }
      }
    },
    [Symbol.dispose]: () => lines.close(),
  }
}
