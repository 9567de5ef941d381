import type { Document } from '../document.ts'

/** A unit of one host and the name of its file. */
export interface Unit {
  name: string
  document: Document
}
