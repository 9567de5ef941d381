import type { Block } from './directive.ts'
import type { Format } from './formats.ts'

/** A file before it is written: what it says, why, and in which format. */
export interface Document {
  /** Comment lines at its head. */
  heading: string
  blocks: Block[]
  format: Format
}

/** The text of a file. */
export const textOf = ({ heading, blocks, format }: Document): string => format(heading, blocks)
