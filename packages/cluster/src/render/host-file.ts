import type { Document } from './document.ts'

/** One file of a host. */
export interface HostFile {
  /** Its path in the folder of the host. */
  name: string
  /** Where it is put on the host; null for one that is given to someone else's program. */
  installAt: string | null
  document: Document
  /** It holds something that is not to be read by others, although no directive says so. */
  isSecret?: boolean
}
