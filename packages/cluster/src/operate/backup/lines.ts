import { damaged } from './refusals.ts'

/** The longest record is about 64 KiB, in base64. */
const LONGEST_LINE = 256 * 1024

/**
 * The lines of some bytes of ASCII, each without its end. What comes after the last line's end is a line, too.
 * Throws `BACKUP_REFUSED` for a line that does not end.
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of bytes) {
    const pieces = (rest + Buffer.from(chunk).toString('latin1')).split('\n')
    rest = pieces.pop() ?? ''
    yield* pieces
    if (rest.length > LONGEST_LINE) throw damaged('a line has no end')
  }
  if (rest !== '') yield rest
}
