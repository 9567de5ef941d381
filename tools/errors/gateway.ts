import type { ErrorEntries } from './entry.ts'

/** The codes with which a gateway process ends, refuses a change, or explains a failed login in its log. */
export const GATEWAY: ErrorEntries = {
  FILE_UNUSABLE: {
    cause:
      'A file is missing, cannot be read or written, is locked, or other users of the machine could read or replace it.',
    remedy: 'The message names the file, or its folder, and the fix: usually `chmod` or `chown`.',
  },
  CONFIG_INVALID: {
    cause: 'The configuration is not valid JSON, or keys are wrong; the message names each key.',
    remedy: 'Correct the keys. A running gateway keeps its old configuration.',
  },
  USERS_INVALID: {
    cause: 'The users file is not valid, or a change would break its rules.',
    remedy: 'Change it with `holdfast users`, not by hand.',
  },
  LISTEN_FAILED: {
    cause:
      'The gateway cannot listen on the address: it is in use, not an address of this machine, or not allowed.',
    remedy: 'Stop the other program, or correct `listen`.',
  },
  PROCESSES_DIE: {
    cause: 'The processes of the gateway keep exiting.',
    remedy: 'Read the log lines before this error: each process logs why it exited.',
  },
  DIRECTORY_UNAVAILABLE: {
    cause: 'A server of the directory (LDAP) failed; the message names the server and the step.',
    remedy: 'Check the server, its certificate and the account that the gateway uses.',
  },
  PROVIDER_UNAVAILABLE: {
    cause: 'The OpenID provider does not answer, or answers incorrectly.',
    remedy: 'Check the provider and the network; the gateway tries again.',
  },
  LOGIN_REFUSED: {
    cause: 'The OpenID provider refused a login, or its answer failed a check.',
    remedy: 'The message says which; check the configuration of the client at the provider.',
  },
  AUTHENTICATION_TOO_OLD: {
    cause: 'The user authenticated at the provider too long ago.',
    remedy: 'The user logs in at the provider again.',
  },
}

/** The codes in HTTP responses: `{"error": {"code", "message"}}`, each with its status. */
export const RESPONSES: ErrorEntries = {
  INVALID_REQUEST: {
    cause: '400. The request is malformed.',
    remedy: 'Correct the request; see the API description.',
  },
  INVALID_JSON: { cause: '400. The body is empty or not valid JSON.', remedy: 'Send valid JSON.' },
  INVALID_CREDENTIALS: {
    cause: '401. The user name or the password is wrong, or the user is disabled.',
    remedy: 'Try again. The response does not distinguish these cases.',
  },
  NO_TOKEN: { cause: '401. The request does not contain a token.', remedy: 'Log in.' },
  INVALID_TOKEN: {
    cause:
      '401. The token is malformed, foreign, unknown, expired or revoked; `error_description` says which.',
    remedy: 'Log in again.',
  },
  INSUFFICIENT_AUTHENTICATION: {
    cause: '401. The session is valid, but its login is older than this page allows (RFC 9470).',
    remedy: 'Log in again; the proxy redirects a browser to the login page.',
  },
  NO_ADMINISTRATOR: {
    cause: '401. The admin API needs the token of an administrator.',
    remedy: 'Send it as `Authorization: Bearer`; `holdfast admin token` creates one.',
  },
  READ_ONLY: {
    cause: '403. The `access` of this administrator is "read".',
    remedy: 'Use another administrator, or change `access`.',
  },
  CROSS_SITE: {
    cause: '403. A browser sent the request from a page of another site.',
    remedy: 'Send it from a page of the same site. Behind a proxy, check `trustedProxies`.',
  },
  INSECURE_PAGE: {
    cause:
      '403. The page was opened by http://, but `secureCookies` is on, so the browser would not keep the cookie.',
    remedy: 'Open it by https://. At the proxy, redirect http:// to https://.',
  },
  ACCESS_DENIED: {
    cause: '403. An access rule refuses this path, method or group.',
    remedy: 'Change the rule, or add the user to the group.',
  },
  NO_PASSWORD_LOGIN: {
    cause: '403. This gateway has no users file and no directory.',
    remedy: 'Use the login page, which leads to the provider.',
  },
  NO_PASSWORD_CHANGE: {
    cause:
      '403. The user is not in the users file, `identities.changePasswords` is not set, or the gateway cannot replace that file.',
    remedy: 'Change the password at its source, or run `holdfast users passwd`.',
  },
  PASSWORD_CHANGE_REQUIRED: {
    cause: '403. The password is correct, but it is an initial one (`holdfast users add --temporary`).',
    remedy: 'Send it with a new password to `POST /password`, or use the page `/password`.',
  },
  PASSWORD_REJECTED: {
    cause: '400. The new password is too short, easy to guess or the old one; the message says which.',
    remedy: 'Choose another password.',
  },
  PASSWORD_NOT_CHANGED: {
    cause:
      '503. The users file is locked or not valid, or its disk is full. The log has `password-not-changed`.',
    remedy: 'Fix the file; the current password stays valid.',
  },
  SESSIONS_NOT_ENDED: {
    cause: '503. The password is changed, but the store did not acknowledge the end of the other sessions.',
    remedy:
      'Log in with the new password and end them at `/sessions`, or run `holdfast sessions revoke --subject NAME`.',
  },
  LOGIN_REFUSED: {
    cause: '403. The provider refused the login, or its answer failed a check; the log says which.',
    remedy: 'Try again; then read the log of the gateway.',
  },
  LOGIN_EXPIRED: {
    cause: '400. The provider login took too long, was used already, or began in another browser.',
    remedy: 'Begin again.',
  },
  NOT_FOUND: { cause: '404. There is nothing at this address.', remedy: 'Correct the address.' },
  NO_SUCH_SESSION: {
    cause: '404. The user has no session with this id; it may have ended.',
    remedy: 'List the sessions again.',
  },
  METHOD_NOT_ALLOWED: {
    cause: '405. The address does not accept this method; `allow` lists the accepted ones.',
    remedy: 'Use one of the listed methods.',
  },
  REQUEST_TIMEOUT: { cause: '408. The request took too long to arrive.', remedy: 'Send it again.' },
  SESSION_LIMIT: {
    cause: '409. The user has as many sessions as the configuration allows, and the limit refuses new ones.',
    remedy: 'Log out elsewhere, or let the limit end the oldest session (`sessions` in the configuration).',
  },
  BODY_TOO_LARGE: { cause: '413. The body is larger than 16 KiB.', remedy: 'Send less.' },
  UNSUPPORTED_MEDIA_TYPE: {
    cause: '415. The body is neither JSON nor a form.',
    remedy: 'Set `content-type`.',
  },
  TOO_MANY_GROUPS: {
    cause: '403. The login was correct, but the user has more groups than a session carries (200).',
    remedy:
      'Narrow `groups.filter` or the provider’s claim, or set `identities.keepGroups` to "in-rules". The audit log has the number of groups.',
  },
  TOO_MANY_ATTEMPTS: {
    cause: '429. Too many logins were tried for this account or from this address.',
    remedy: 'Wait for `retry-after`. If all clients share an address, check `trustedProxies`.',
  },
  HEADERS_TOO_LARGE: { cause: '431. The headers are larger than 16 KiB.', remedy: 'Remove cookies.' },
  INTERNAL_ERROR: {
    cause: '500. An unexpected error; it is in the log.',
    remedy: 'Report it with the log line.',
  },
  TOO_BUSY: {
    cause: '503. Too many logins are waiting for password hashing or for a provider.',
    remedy: 'Try again. If it continues, add a gateway.',
  },
  IDENTITIES_UNAVAILABLE: {
    cause: '503. The directory or the provider does not answer. Existing sessions stay valid.',
    remedy: 'Check the directory or the provider.',
  },
  STORE_UNAVAILABLE: {
    cause: '503. Sessions cannot be looked up or written now. No user was logged out.',
    remedy: 'Try again. `holdfast doctor` shows what is down.',
  },
  STORE_OVERLOADED: {
    cause: '503. Too many operations are waiting. Nothing was done.',
    remedy: 'Try again after `retry-after`.',
  },
  STORE_FULL: {
    cause: '503. Redis is full: no new login can be stored. Logouts and existing sessions work.',
    remedy: 'Raise `maxmemory`.',
  },
}

/** The errors of the OAuth endpoints (RFC 6749, section 5.2). */
export const OAUTH: ErrorEntries = {
  invalid_request: {
    cause: '400. The request is malformed.',
    remedy: 'Send a form with `token`, each parameter once.',
  },
  invalid_client: {
    cause: '401. The client is unknown, or its secret is wrong or missing.',
    remedy: 'Compare it with `clients`; `holdfast clients add` creates one.',
  },
  unauthorized_client: {
    cause: '400. The client lacks this right.',
    remedy: 'Add it to `may` of the client.',
  },
  temporarily_unavailable: {
    cause: '503. The state of the token cannot be determined or changed now.',
    remedy: 'Try again after `retry-after`.',
  },
  server_error: {
    cause: '500. An unexpected error; it is in the log.',
    remedy: 'Report it with the log line.',
  },
}
