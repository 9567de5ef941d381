import { z } from 'zod'
import { ClusterError } from '../../../errors.ts'
import { readIfThere, writePrivate } from '../../../state/private-file.ts'
import type { KeyringHistory } from './ring.ts'

const schema = z.object({
  next: z.string().nullable(),
  waits: z.boolean().default(false),
  retired: z.record(z.string(), z.iso.datetime()),
})

/** Throws `STATE_UNUSABLE`. */
export async function readHistory(file: string): Promise<KeyringHistory> {
  const text = await readIfThere(file)
  if (text === null) return { next: null, waits: false, retired: {} }
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new ClusterError(
      'STATE_UNUSABLE',
      `${file} cannot be read. Delete it: it only tells since when older keys are out of use.`,
      { cause },
    )
  }
}

export function writeHistory(file: string, history: KeyringHistory): Promise<void> {
  return writePrivate(file, `${JSON.stringify(history, null, 2)}\n`)
}
