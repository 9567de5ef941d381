import { type Document, isCollection, isMap, isPair, isScalar, type Node } from 'yaml'
import type { Path, Position } from './finding.ts'

const LINE_END = /\r\n|[\r\n]/

/** Finds the position of a value in the text of the file. */
export class SourceMap {
  readonly #document: Document
  readonly #text: string

  constructor(text: string, document: Document) {
    this.#text = text
    this.#document = document
  }

  /**
   * Returns the position of the value at a path. For a missing value: the position of the map or list that should
   * contain it. The position of a map or a list is that of its key, or of its first line if it has no key.
   */
  locate(path: Path, atKey = false): Position {
    const { key, value } = find(this.#document, path)
    const node = key !== null && (atKey || !isScalar(value)) ? key : value
    return node?.range ? this.at(node.range[0], node.range[1]) : this.at(0, 0)
  }

  /** The position of a part of the text, cut at the end of its line. */
  at(start: number, end: number): Position {
    const before = this.#text.slice(0, start).split(LINE_END)
    const column = (before.at(-1) ?? '').length + 1
    const lineEnd = this.#text.slice(start).search(/[\r\n]|$/)
    const shown = this.#text.slice(start, Math.min(start + lineEnd, end)).trimEnd()
    return { line: before.length, column, endColumn: column + Math.max(1, shown.length) }
  }
}

interface Found {
  key: Node | null
  value: Node | null
}

function find(document: Document, path: Path): Found {
  let found: Found = { key: null, value: document.contents as Node | null }
  for (const step of path) {
    const next = stepInto(found.value, step)
    if (next === null) break
    found = next
  }
  return found
}

function stepInto(node: Node | null, step: string | number): Found | null {
  if (!isCollection(node)) return null
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
    return pair ? { key: pair.key as Node, value: (pair.value as Node | null) ?? null } : null
  }
  const item = node.items[Number(step)]
  return item === undefined || isPair(item) ? null : { key: null, value: item as Node }
}
