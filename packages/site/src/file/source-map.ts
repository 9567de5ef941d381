import {
  type Document,
  isCollection,
  isMap,
  isPair,
  isScalar,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml'
import type { Path, Position } from './finding.ts'

const LINE_END = /\r\n|[\r\n]/g

/** Finds the position of a value in the text of the file. */
export class SourceMap {
  readonly #document: Document
  readonly #text: string
  /** Where each line begins. A file may have as many findings as lines. */
  readonly #lineStarts: number[]
  readonly #pairs = new WeakMap<YAMLMap, Map<string, Pair>>()

  constructor(text: string, document: Document) {
    this.#text = text
    this.#document = document
    this.#lineStarts = [0, ...Array.from(text.matchAll(LINE_END), ({ index, 0: end }) => index + end.length)]
  }

  /**
   * Returns the position of the value at a path. For a missing value: the position of the map or list that should
   * contain it. The position of a map or a list is that of its key, or of its first line if it has no key.
   */
  locate(path: Path, atKey = false): Position {
    const { key, value } = this.#find(path)
    const node = key !== null && (atKey || !isScalar(value)) ? key : value
    return node?.range ? this.at(node.range[0], node.range[1]) : this.at(0, 0)
  }

  /** The position of a part of the text, cut at the end of its line. */
  at(start: number, end: number): Position {
    const line = lineOf(this.#lineStarts, start)
    const column = start - (this.#lineStarts[line - 1] ?? 0) + 1
    const [shown = ''] = this.#text
      .slice(start, Math.min(end, this.#lineStarts[line] ?? end))
      .split(/[\r\n]/, 1)
    return { line, column, endColumn: column + Math.max(1, shown.trimEnd().length) }
  }

  /** The text of a line, counted from 1. */
  line(number: number): string {
    const [start, next] = [this.#lineStarts[number - 1], this.#lineStarts[number]]
    return start === undefined ? '' : this.#text.slice(start, next).replace(/[\r\n]+$/, '')
  }

  #find(path: Path): Found {
    let found: Found = { key: null, value: this.#document.contents as Node | null }
    for (const step of path) {
      const next = this.#stepInto(found.value, step)
      if (next === null) break
      found = next
    }
    return found
  }

  #stepInto(node: Node | null, step: string | number): Found | null {
    if (!isCollection(node)) return null
    if (isMap(node)) {
      const pair = this.#pairsOf(node).get(String(step))
      return pair ? { key: pair.key as Node, value: (pair.value as Node | null) ?? null } : null
    }
    const item = node.items[Number(step)]
    return item === undefined || isPair(item) ? null : { key: null, value: item as Node }
  }

  #pairsOf(map: YAMLMap): Map<string, Pair> {
    const known = this.#pairs.get(map)
    if (known !== undefined) return known
    // The first pair of each key.
    const pairs = new Map(
      map.items.toReversed().flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value), pair]] : [])),
    )
    this.#pairs.set(map, pairs)
    return pairs
  }
}

/** The number of the line that contains a position. */
function lineOf(lineStarts: readonly number[], position: number): number {
  let [low, high] = [0, lineStarts.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((lineStarts[middle] ?? 0) <= position) low = middle
    else high = middle
  }
  return low + 1
}

interface Found {
  key: Node | null
  value: Node | null
}
