import { createInterface, type Interface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { paint } from '../terminal/paint.ts'
import { InterruptedError, UsageError } from './command-spec.ts'

const MAX_CHARACTERS = 4096

/** Asks for the new password of a user as {@link askSecret} does. With `fromInput` it only reads standard input. */
export const askPassword = (user: string, fromInput = false): Promise<string> =>
  fromInput
    ? readAll(process.stdin).then((text) => firstLine(text, 'password'))
    : askSecret(`Password for ${user}`, { word: 'password', twice: true })

/**
 * Reads a secret: typed without echo (with `twice`, two times), or the first line of piped input. A secret is never an
 * argument, because `ps` and the shell's history show arguments. Throws `UsageError` if the input is unusable, `INTERRUPTED` on
 * Ctrl-C and Ctrl-D.
 */
export async function askSecret(
  question: string,
  { word, twice }: { word: 'password' | 'passphrase'; twice: boolean },
): Promise<string> {
  if (!process.stdin.isTTY) return firstLine(await readAll(process.stdin), word)
  const first = await typeHidden(`${question}: `)
  if (twice && first !== (await typeHidden('Repeat it: '))) {
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

/** Discards what the line editor would show of a secret. */
const nowhere = () => new Writable({ write: (_text, _encoding, done) => done() })

async function typeHidden(question: string): Promise<string> {
  process.stderr.write(question)
  const editor = { input: process.stdin, output: nowhere(), terminal: true, historySize: 0 }
  using terminal = new Terminal(createInterface(editor), 'Nothing was changed')
  try {
    return await terminal.ask('')
  } finally {
    process.stderr.write('\n')
  }
}

/** Node's line editor, where Ctrl-C and Ctrl-D end a question. */
class Terminal implements Disposable {
  readonly #lines: Interface
  readonly #interrupted = new AbortController()
  readonly #consequence: string

  /** `consequence`: what an interruption means, as the end of the message. */
  constructor(lines: Interface, consequence: string) {
    this.#lines = lines
    this.#consequence = consequence
    lines.on('SIGINT', () => lines.close())
    lines.on('close', () => this.#interrupted.abort())
  }

  /** Throws `INTERRUPTED`. */
  async ask(question: string): Promise<string> {
    try {
      return await this.#lines.question(question, { signal: this.#interrupted.signal })
    } catch (cause) {
      throw new InterruptedError(`Interrupted. ${this.#consequence}.`, { cause })
    }
  }

  [Symbol.dispose](): void {
    this.#lines.close()
  }
}

/** Throws `UsageError` if there is no terminal to ask at. */
export function assertTerminal(): void {
  if (!process.stdin.isTTY) throw new UsageError('A confirmation needs a terminal: without one, use --yes')
}

/** Asks a question and returns whether the answer is yes. Throws `INTERRUPTED`. */
export async function confirm(question: string): Promise<boolean> {
  using terminal = new Terminal(
    createInterface({ input: process.stdin, output: process.stderr }),
    'Nothing was changed',
  )
  return /^y(es)?$/i.test((await terminal.ask(`${question} [y/N] `)).trim())
}

export interface Questions extends Disposable {
  /** Repeats the question until `parse` accepts the answer. An empty answer selects the default. Throws `INTERRUPTED`. */
  ask: <Answer>(question: string, byDefault: string, parse: (text: string) => Answer) => Promise<Answer>
  say: (line: string) => void
}

/** Asks questions at the terminal. Ctrl-C and Ctrl-D end them. */
export function startQuestions(): Questions {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const terminal = new Terminal(lines, 'Nothing was written')
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const answerTo = async (question: string): Promise<string> => {
    try {
      return (await terminal.ask(question)).trim()
    } catch (error) {
      say('')
      throw error
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
    [Symbol.dispose]: () => terminal[Symbol.dispose](),
  }
}
