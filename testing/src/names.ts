/** The names that every test group uses. This file starts nothing, so that unit tests can import it. */
export const PRIMARY_NAME = 'mymaster'
/** The value of the group id (`hf:mark`) in every test group. */
export const TEST_MARK = 'mark-of-the-test-group'

/** Passwords of a test's own short-lived processes on loopback. */
export const TEST_USERS = {
  admin: { username: 'admin', password: 'test-admin-password' },
  app: { username: 'app', password: 'test-app-password' },
} as const
