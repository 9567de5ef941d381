/**
 * Every error that this package throws is a {@link HoldfastError} with a stable `code`. Messages name the option or
 * the host, echo the offending value unless it is a secret, and say what to do next. A message never contains a
 * token, a password or a key.
 * INV-TOKENS-55.
 */
export abstract class HoldfastError extends Error {
  abstract readonly code: ErrorCode

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

/** The stable codes, one per error class. */
export type ErrorCode =
  | 'INVALID_OPTION'
  | 'STORE_UNAVAILABLE'
  | 'STORE_OVERLOADED'
  | 'STORE_FULL'
  | 'STORE_CLOSED'
  | 'UPDATE_CONFLICT'
  | 'CONNECTION_FAILED'
  | 'CONNECTION_CLOSED'
  | 'AUTH_FAILED'
  | 'TLS_FAILED'
  | 'WRONG_DATA_CENTRE'
  | 'UNSUPPORTED_SERVER'
  | 'SESSION_CONFLICT'
  | 'CROSS_SITE'
  | 'COMMAND_TIMEOUT'
  | 'REDIS_REPLY'

/** An option or an argument is not valid. The caller made a mistake, so another try fails in the same way. */
export class InvalidOptionError extends HoldfastError {
  override readonly code = 'INVALID_OPTION'
}

/**
 * The operation was not acknowledged before its deadline. Its effect is unknown: a write may still have been
 * applied. It is safe to call again.
 */
export class StoreUnavailableError extends HoldfastError {
  override readonly code = 'STORE_UNAVAILABLE'
}

/** Too many operations are waiting; nothing was done. Try again after a pause. */
export class StoreOverloadedError extends HoldfastError {
  override readonly code = 'STORE_OVERLOADED'
}

/** Redis has reached `maxmemory`, and nothing was stored. Revocation still works. */
export class StoreFullError extends HoldfastError {
  override readonly code = 'STORE_FULL'
}

/** This process has closed the store. */
export class StoreClosedError extends HoldfastError {
  override readonly code = 'STORE_CLOSED'
}

/**
 * Other processes changed the same session during every attempt of this update, until its deadline. The update was
 * not applied.
 */
export class UpdateConflictError extends HoldfastError {
  override readonly code = 'UPDATE_CONFLICT'
}

/** A connection to one node could not be opened. */
export class ConnectionFailedError extends HoldfastError {
  override readonly code = 'CONNECTION_FAILED'
}

/** The connection to a node ended while a command was in progress. It is unknown whether the command ran. */
export class ConnectionClosedError extends HoldfastError {
  override readonly code = 'CONNECTION_CLOSED'
}

/** A node refused the user name or the password. */
export class AuthFailedError extends HoldfastError {
  override readonly code = 'AUTH_FAILED'
}

/** The reason why TLS failed. */
export type TlsFailure =
  /** The certificate of the other side is not signed by an authority of `tls.ca`. */
  | 'unknown-authority'
  /** The certificate of the other side does not contain the host name or address of the connection. */
  | 'wrong-name'
  | 'expired'
  | 'not-yet-valid'
  /** The other side requires a client certificate and received none, or it refused the certificate. */
  | 'client-certificate'
  /** The two sides have no TLS version or no cipher in common. */
  | 'version'
  /** The other side accepts only TLS, and this side does not use it. */
  | 'plain-to-tls'
  /** The other side does not use TLS, and this one does. */
  | 'tls-to-plain'

/** TLS with a node failed. Certificates or settings are wrong, so waiting does not help. */
export class TlsFailedError extends HoldfastError {
  override readonly code = 'TLS_FAILED'
  readonly reason: TlsFailure

  constructor(message: string, reason: TlsFailure, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** The Redis that the Sentinels announce has the group id of another group. The store read and wrote nothing there. */
export class WrongDataCentreError extends HoldfastError {
  override readonly code = 'WRONG_DATA_CENTRE'
}

/** The reason why a server cannot keep the promises. */
export type Unsupported =
  /** A node of a Redis Cluster: it stores only some of the keys. */
  | 'cluster'
  /** The server is older than Redis 7.0, or does not report its version. */
  | 'version'
  /** The server uses the Redis protocol, but is neither Redis nor Valkey. */
  | 'product'
  /** A Sentinel runs at the address of a Redis, or a Redis at the address of a Sentinel. */
  | 'mode'
  /** The single Redis is a replica, and accepts no writes. */
  | 'replica'
  /** The server does not support RESP3: it is older than Redis 6.0, or a proxy. */
  | 'protocol'
  /** The server lacks a command, or the user does not have permission to run it. */
  | 'command'

/**
 * A server cannot keep the promises of this package. The plan is wrong, so waiting does not help. The store wrote
 * nothing there.
 */
export class UnsupportedServerError extends HoldfastError {
  override readonly code = 'UNSUPPORTED_SERVER'
  readonly reason: Unsupported

  constructor(message: string, reason: Unsupported, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** A page of another site sent the request. It was refused, and nothing was done. */
export class CrossSiteError extends HoldfastError {
  override readonly code = 'CROSS_SITE'
  /** Web frameworks answer it by themselves, with this status and its message. */
  readonly status = 403
  readonly statusCode = 403
  readonly expose = true
  readonly headers = { 'cache-control': 'no-store' }
}

/** Another middleware uses the same property of a request. The application must change one of them. */
export class SessionConflictError extends HoldfastError {
  override readonly code = 'SESSION_CONFLICT'
}

/** A node did not answer a command in time. It is unknown whether the command ran. */
export class CommandTimeoutError extends HoldfastError {
  override readonly code = 'COMMAND_TIMEOUT'
}

/** A node answered a command with an error. `kind` is the first word of the error, such as `READONLY`. */
export class RedisReplyError extends HoldfastError {
  override readonly code = 'REDIS_REPLY'
  readonly kind: string

  constructor(message: string, kind: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
