/**
 * Makes, edits and checks the files of a gateway, for commands. It loads no server: that would take longer than the work
 * of most commands.
 */
export { createAdminToken } from './admin/token.ts'
export { type AuditReport, verifyAudit } from './audit/verify.ts'
export { UsersInvalidError } from './base/errors.ts'
export { readPrivateFile } from './files/private.ts'
export { addClient, createClient, type NewClient } from './oauth/edit.ts'
export {
  addUser,
  addUsersWithSamePassword,
  type ListedUser,
  listUsers,
  removeUsers,
  setDisabled,
  setPassword,
  temporaryUntil,
  type UserProfile,
} from './users/edit.ts'
