/**
 * The files that a gateway reads and writes, to be made, changed and checked by a command: without what serves, which takes
 * a command longer to load than its work.
 */
export { createAdminToken } from '../admin/token.ts'
export { type AuditReport, verifyAudit } from '../audit/verify.ts'
export { UsersInvalidError } from '../errors.ts'
export { addClient, createClient, type NewClient } from '../oauth/edit.ts'
export {
  addUser,
  addUsersWithSamePassword,
  type ListedUser,
  listUsers,
  removeUsers,
  setDisabled,
  setPassword,
  type UserProfile,
} from '../users/edit.ts'
export { readPrivateFile } from './private.ts'
