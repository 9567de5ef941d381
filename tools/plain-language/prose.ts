/**
 * Finds the prose of a file: text of Markdown, comments and string literals of a source. The result has the length of
 * the file, so an offset in it is one of the file. What is not prose, and each border between two sentences that do
 * not belong together, is a line break; a line that only wraps is a space; code inside a sentence is CODE.
 */
const BORDER = '\n'
const CODE = '…'

/** The prose of a Markdown file: without code blocks, inline code and addresses of links. */
export function proseOfMarkdown(text: string): string {
  let isFenced = false
  const lines = text.split('\n').map((line) => {
    const isFence = /^\s*(?:```|~~~)/.test(line)
    const isCode = isFence || isFenced
    if (isFence) isFenced = !isFenced
    return isCode ? BORDER.repeat(line.length) : maskMarks(line)
  })
  return maskInlineCode(
    lines
      .map((line, index) => line + (isBorder(line, lines[index + 1] ?? '') ? BORDER : ' '))
      .join('')
      .slice(0, -1),
  )
}

/** Whether a sentence cannot go on from one line of Markdown to the next. */
function isBorder(line: string, next: string): boolean {
  return line.trim() === '' || next.trim() === '' || line.startsWith(BORDER) || next.startsWith(BORDER)
}

/** Turns what marks a heading, an item or a cell into borders, and the address of a link into code. */
function maskMarks(line: string): string {
  return line
    .replace(/^\s*(?:#{1,6} |[-*+] |\d+\. |> )/, (mark) => BORDER.repeat(mark.length))
    .replace(/\|/g, BORDER)
    .replace(/\]\([^)\s]*\)/g, (address) => CODE.repeat(address.length))
    .replace(/https?:\/\/[^\s)]+/g, (address) => CODE.repeat(address.length))
}

function maskInlineCode(prose: string): string {
  return prose.replace(/`[^`\n]+`/g, (code) => CODE.repeat(code.length))
}

/** The prose of a TypeScript source: its comments, and its string literals of more than one word. */
export function proseOfSource(text: string): string {
  const prose = new Array<string>(text.length).fill(BORDER)
  scanCode(text, 0, prose, false)
  return maskInlineCode(prose.join(''))
}

/** Reads code from `start` until the file ends, or the brace that ends a template's expression; returns that place. */
function scanCode(text: string, start: number, prose: string[], isExpression: boolean): number {
  let at = start
  let depth = 0
  while (at < text.length) {
    const char = text[at]
    if (char === '/' && text[at + 1] === '/') at = scanLineComments(text, at, prose)
    else if (char === '/' && text[at + 1] === '*') at = scanBlockComment(text, at, prose)
    else if (char === '/' && startsRegExp(text, at)) at = endOfRegExp(text, at)
    else if (char === "'" || char === '"' || char === '`') at = scanString(text, at, char, prose)
    else {
      if (char === '{') depth += 1
      if (char === '}' && depth === 0 && isExpression) return at
      if (char === '}') depth -= 1
      at += 1
    }
  }
  return at
}

function scanString(text: string, start: number, quote: string, prose: string[]): number {
  let at = start + 1
  while (at < text.length && text[at] !== quote) {
    if (text[at] === '\\') {
      const isBreak = text[at + 1] === 'n'
      prose[at] = isBreak ? BORDER : ' '
      prose[at + 1] = isBreak ? BORDER : (text[at + 1] ?? '')
      at += 2
    } else if (quote === '`' && text[at] === '$' && text[at + 1] === '{') {
      const end = scanCode(text, at + 2, prose, true)
      for (const place of [at, at + 1, end]) prose[place] = CODE
      at = end + 1
    } else {
      prose[at] = text[at] ?? ''
      at += 1
    }
  }
  // A literal of one word is an identifier, a key or a path.
  if (!text.slice(start + 1, at).includes(' ')) prose.fill(BORDER, start, at)
  return at + 1
}

/** Line comments that follow each other are one text. */
function scanLineComments(text: string, start: number, prose: string[]): number {
  const lineStart = text.lastIndexOf('\n', start) + 1
  const isAlone = text.slice(lineStart, start).trim() === ''
  let at = start + 2
  for (;;) {
    while (at < text.length && text[at] !== '\n') {
      prose[at] = text[at] ?? ''
      at += 1
    }
    const next = /\n[ \t]*\/\//y
    next.lastIndex = at
    if (!isAlone || !next.test(text)) return at
    prose.fill(' ', at, next.lastIndex)
    at = next.lastIndex
  }
}

/** Each empty line, list item and tag of a block comment begins a new text. */
function scanBlockComment(text: string, start: number, prose: string[]): number {
  const close = text.indexOf('*/', start + 2)
  const end = close === -1 ? text.length : close
  const body = text
    .slice(start + 2, end)
    .replace(/^\*/, BORDER)
    .replace(/\n[ \t]*\*?[ \t]*(?=\n|- |@|$)/g, (gap) => BORDER.repeat(gap.length))
    .replace(/\n[ \t]*\*?/g, (gap, offset: number, whole: string) =>
      (whole[offset - 1] === BORDER ? BORDER : ' ').repeat(gap.length),
    )
  for (let index = 0; index < body.length; index += 1) prose[start + 2 + index] = body[index] ?? ''
  return end + 2
}

/** Whether a slash begins a regular expression: behind a value it divides. */
function startsRegExp(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 12), at).trimEnd()
  return before === '' || /(?:[(,=:[!&|?{};+]|=>|\breturn|\btypeof|\bcase)$/.test(before)
}

function endOfRegExp(text: string, start: number): number {
  let isClass = false
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '[') isClass = true
    else if (text[at] === ']') isClass = false
    else if (text[at] === '/' && !isClass) return at + 1
  }
  return start + 1
}
