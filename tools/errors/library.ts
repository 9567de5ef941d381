import type { ErrorEntries } from './entry.ts'

/** The codes of `HoldfastError`: what `@holdfast/tokens` throws. */
export const LIBRARY: ErrorEntries = {
  INVALID_OPTION: {
    cause: 'An option or an argument is invalid; the message names it.',
    remedy: 'Correct the call. A retry does not help.',
  },
  STORE_UNAVAILABLE: {
    cause: 'The operation was not acknowledged before its deadline. A write may still have been applied.',
    remedy: 'Retry, or answer 503. Never treat it as a logout.',
  },
  STORE_OVERLOADED: {
    cause: 'A queue is full: waiting reads, waiting writes or the journal. Nothing was done.',
    remedy: 'Try again after a pause. If it continues, `ready()` and the metrics name the slow node.',
  },
  STORE_FULL: {
    cause:
      'Redis has reached `maxmemory`. No new session was stored; revocations and sessions in use still work.',
    remedy:
      'Raise `maxmemory` on every Redis, or end sessions. The check `memory-nearly-full` of the doctor warns before.',
  },
  STORE_CLOSED: {
    cause: 'This process has closed the store.',
    remedy: 'Open a new store, and close it only after the last request.',
  },
  UPDATE_CONFLICT: {
    cause: 'Other processes updated the same session during each attempt of this update, until its deadline.',
    remedy: 'Update less often, or store the value elsewhere.',
  },
  CONNECTION_FAILED: {
    cause: 'A connection to one node could not be opened; the message gives the address and the reason.',
    remedy: 'Check the address, the firewall and the process. The store works without one node of three.',
  },
  CONNECTION_CLOSED: {
    cause: 'The connection to one node closed during a command. The command may have run.',
    remedy: 'Nothing: the store retries the write.',
  },
  AUTH_FAILED: {
    cause: 'A Redis or a Sentinel refused the user name or the password.',
    remedy:
      'Compare the user and the password with those of the data centre. Pass new ones to `store.renew`.',
  },
  TLS_FAILED: {
    cause:
      'The TLS handshake with a node failed; `reason` gives the cause, such as `expired` or `wrong-name`.',
    remedy: 'Correct the certificates or the `tls` options. A retry does not help.',
  },
  WRONG_DATA_CENTRE: {
    cause:
      'The Redis that the Sentinels name has the group id of another group. Nothing was read or written.',
    remedy: 'Correct `sentinels` and `primaryName`, or `dataCentre`.',
  },
  UNSUPPORTED_SERVER: {
    cause:
      'A server cannot keep the promises of Holdfast; `reason` gives the cause, such as `cluster` or `version`.',
    remedy: 'Use Redis or Valkey from 7.0, without cluster mode, with the ACL rules of `REDIS_ACL_RULES`.',
  },
  CROSS_SITE: {
    cause: 'A page of another site sent a login, logout or rotation. Nothing was done. Its status is 403.',
    remedy:
      'If the page is your own, add its origin to `origins` of the adapter, or let the proxy pass the host of the browser on.',
  },
  SESSION_CONFLICT: {
    cause: 'Another middleware uses the same property of a request.',
    remedy: 'Give the middleware another `property`, or remove the other middleware.',
  },
  COMMAND_TIMEOUT: {
    cause: 'A node did not answer a command in time. The command may have run.',
    remedy: 'Check the node. The store asks the other nodes meanwhile.',
  },
  REDIS_REPLY: {
    cause: 'A node answered with an error; `kind` is its first word, such as `READONLY` or `NOPERM`.',
    remedy: 'For `NOPERM`, give the user the rules of `REDIS_ACL_RULES`. Other errors are temporary: retry.',
  },
}

/** Codes of process warnings of type `HoldfastWarning`. */
export const WARNINGS: ErrorEntries = {
  HOLDFAST_LONG_LEASE: {
    cause: '`leaseMs` is above 10,000: this process may accept a revoked session for that time.',
    remedy: 'Use a lease of 1 to 5 seconds.',
  },
  HOLDFAST_STANDALONE: {
    cause: 'The store uses a single Redis and does not survive its loss.',
    remedy: 'Use Sentinels in production.',
  },
  HOLDFAST_NO_AOF: {
    cause: 'The single Redis has no append-only file, so a crash undoes logouts.',
    remedy: 'Set `appendonly yes`.',
  },
}
