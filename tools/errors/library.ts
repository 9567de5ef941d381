import type { ErrorEntries } from './entry.ts'

/** The codes of `HoldfastError`: what `@holdfast/tokens` throws. */
export const LIBRARY: ErrorEntries = {
  INVALID_OPTION: {
    cause: 'An option or an argument cannot be used; the message names it.',
    remedy: 'Correct the call. Trying again does not help.',
  },
  STORE_UNAVAILABLE: {
    cause: 'The operation was not acknowledged before its deadline. A write may still have been applied.',
    remedy: 'Call again, or answer 503. Never treat it as a logout.',
  },
  STORE_OVERLOADED: {
    cause: 'A queue is full: waiting reads, waiting writes or the journal. Nothing was done.',
    remedy: 'Try again after a pause. If it lasts, `ready()` and the metrics say which node is slow.',
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
    cause: 'Other processes updated the same session again and again while this update was tried.',
    remedy: 'Update less often, or store the value elsewhere.',
  },
  CONNECTION_FAILED: {
    cause: 'A connection to one node could not be opened; the message gives the address and the reason.',
    remedy: 'Check the address, the firewall and the process. One node out of three stops nothing.',
  },
  CONNECTION_CLOSED: {
    cause: 'The connection to one node closed while a command was under way. The command may have run.',
    remedy: 'Nothing: the store writes again by itself.',
  },
  AUTH_FAILED: {
    cause: 'A Redis or a Sentinel refused the user name or the password.',
    remedy: 'Compare the user and the password with those of the data centre; `store.renew` takes new ones.',
  },
  TLS_FAILED: {
    cause: 'This side and a node cannot agree on TLS; `reason` says why, such as `expired` or `wrong-name`.',
    remedy: 'Correct the certificates or the `tls` options. Waiting does not help.',
  },
  WRONG_DATA_CENTRE: {
    cause:
      'The Redis that the Sentinels name carries the group id of another group. Nothing was read or written.',
    remedy: 'Correct `sentinels` and `primaryName`, or `dataCentre`.',
  },
  UNSUPPORTED_SERVER: {
    cause: 'A server cannot hold the promises; `reason` says why, such as `cluster` or `version`.',
    remedy: 'Use Redis or Valkey from 7.0, without cluster mode, with the ACL rules of `REDIS_ACL_RULES`.',
  },
  SESSION_CONFLICT: {
    cause: 'Another middleware uses the same property of a request.',
    remedy: 'Give the middleware another `property`, or remove the other middleware.',
  },
  COMMAND_TIMEOUT: {
    cause: 'A node did not answer a command in time. The command may have run.',
    remedy: 'Check the node; the store asks the others meanwhile.',
  },
  REDIS_REPLY: {
    cause: 'A node answered with an error; `kind` is its first word, such as `READONLY` or `NOPERM`.',
    remedy: 'For `NOPERM`, give the user the rules of `REDIS_ACL_RULES`. Others pass by themselves.',
  },
}

/** Codes of process warnings of type `HoldfastWarning`. */
export const WARNINGS: ErrorEntries = {
  HOLDFAST_LONG_LEASE: {
    cause: '`leaseMs` is above 10,000: this process may accept a revoked session for as long.',
    remedy: 'Use a lease of 1 to 5 seconds.',
  },
  HOLDFAST_STANDALONE: {
    cause: 'The store uses a single Redis, which does not survive the loss of that Redis.',
    remedy: 'Use Sentinels in production.',
  },
  HOLDFAST_NO_AOF: {
    cause: 'The single Redis has no append-only file, so a crash undoes logouts.',
    remedy: 'Set `appendonly yes`.',
  },
}
