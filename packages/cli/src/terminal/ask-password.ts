import type { ReadStream } from 'node:tty'
import { UsageError } from '../command.ts'

const MOST_CHARACTERS = 4096

/** A new password of a user, as {@link askSecret} asks for it; with `fromInput` it is never asked for at a terminal. */
export const askPassword = (user: string, fromInput = false): Promise<string> =>
  fromInput
    ? readAll(process.stdin).then((text) => firstLine(text, 'password'))
    : askSecret(`Password for ${user}`, { word: 'password', twice: true })

/**
 * A secret that a person types without seeing it, a new one twice, or the first line of what is piped in. Never an
 * argument: those show in `ps` and in the shell's history. Throws `UsageError` when nothing usable came.
 */
export async function askSecret(
  question: string,
  { word, twice }: { word: 'password' | 'passphrase'; twice: boolean },
): Promise<string> {
  if (!process.stdin.isTTY) return firstLine(await readAll(process.stdin), word)
  const first = await typeHidden(process.stdin, `${question}: `)
  if (twice && first !== (await typeHidden(process.stdin, 'The same again: '))) {
    throw new UsageError(`The two ${word}s differ; nothing was changed`)
  }
  return first
}

/** Throws `UsageError` when it is empty. `word` says what it should be. */
export function firstLine(text: string, word: 'password' | 'passphrase'): string {
  const line = text.split(/\r?\n/, 1)[0] ?? ''
  if (line === '') throw new UsageError(`No ${word} came: pipe it in as one line, or type it at a terminal`)
  return line
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  stream.setEncoding('utf8')
  for await (const chunk of stream) {
    text += String(chunk)
    if (text.length > MOST_CHARACTERS) throw new UsageError('The secret that came is far too long')
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
          return reject(new UsageError('Broken off; nothing was changed'))
        }
        if (character === '\u007f' || character === '\b') text = [...text].slice(0, -1).join('')
        else if (character >= ' ') text += character
      }
    }
    input.on('data', onData)
  })
}
