import type { Authenticate } from '../users/authenticate.ts'
import type { UserDirectory } from '../users/directory.ts'

/**
 * Checks names and passwords by the users file and by a directory, of which at least one is there. A name that the file
 * holds is the file's alone: no directory decides about it, and nobody whom the directory gives that name, or another
 * spelling of it, becomes that user or is taken for it.
 * INV-GATEWAY-9.
 */
export function createPasswordLogin(
  file: { users: UserDirectory; authenticate: Authenticate } | null,
  directory: Authenticate | null,
): Authenticate | null {
  if (file === null || directory === null) return file?.authenticate ?? directory
  return async (name, password) => {
    if (await file.users.find(name.normalize('NFC'))) return file.authenticate(name, password)
    const answer = await directory(name, password)
    if (answer.status !== 'accepted') return answer
    const { subject } = answer.identity
    return (await file.users.isTaken(subject)) ? { status: 'refused', reason: 'name-taken', subject } : answer
  }
}
