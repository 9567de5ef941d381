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

/** The stable codes, one an error class. */
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
  | 'COMMAND_TIMEOUT'
  | 'REDIS_REPLY'

/** An option or an argument is not usable. A mistake of the caller; trying again does not help. */
export class InvalidOptionError extends HoldfastError {
  override readonly code = 'INVALID_OPTION'
}

/**
 * The operation could not be acknowledged before its deadline. Its effect is unknown: a write may still
 * have been applied. It is safe to call again.
 */
export class StoreUnavailableError extends HoldfastError {
  override readonly code = 'STORE_UNAVAILABLE'
}

/** Too many operations are waiting; nothing was done. Try again after a pause. */
export class StoreOverloadedError extends HoldfastError {
  override readonly code = 'STORE_OVERLOADED'
}

/** Redis has reached `maxmemory`: nothing was stored. Revocation still works. */
export class StoreFullError extends HoldfastError {
  override readonly code = 'STORE_FULL'
}

/** The store was closed by this process. */
export class StoreClosedError extends HoldfastError {
  override readonly code = 'STORE_CLOSED'
}

/** Another process updated the same session again and again while this update was tried. */
export class UpdateConflictError extends HoldfastError {
  override readonly code = 'UPDATE_CONFLICT'
}

/** A connection to one node could not be opened. */
export class ConnectionFailedError extends HoldfastError {
  override readonly code = 'CONNECTION_FAILED'
}

/** The connection to one node ended while a command was under way; whether it ran is unknown. */
export class ConnectionClosedError extends HoldfastError {
  override readonly code = 'CONNECTION_CLOSED'
}

/** A node refused the user name or the password. */
export class AuthFailedError extends HoldfastError {
  override readonly code = 'AUTH_FAILED'
}

/** Why TLS failed. */
export type TlsFailure =
  /** The other side's certificate is not signed by an authority of `tls.ca`. */
  | 'unknown-authority'
  /** The other side's certificate does not hold the name or the address that was dialled. */
  | 'wrong-name'
  | 'expired'
  | 'not-yet-valid'
  /** The other side asks for a client certificate and got none, or refused it. */
  | 'client-certificate'
  /** The two sides share no version of TLS, or no cipher. */
  | 'version'
  /** The other side takes TLS only, and this one does not use it. */
  | 'plain-to-tls'
  /** The other side does not use TLS, and this one does. */
  | 'tls-to-plain'

/** TLS with a node failed. Certificates or settings are wrong; waiting does not help. */
export class TlsFailedError extends HoldfastError {
  override readonly code = 'TLS_FAILED'
  readonly reason: TlsFailure

  constructor(message: string, reason: TlsFailure, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** The Redis that the Sentinels announce has the group id of another group. Nothing was read or written there. */
export class WrongDataCentreError extends HoldfastError {
  override readonly code = 'WRONG_DATA_CENTRE'
}

/** Why a server cannot hold the promises. */
export type Unsupported =
  /** A node of a Redis Cluster: it holds only some of the keys. */
  | 'cluster'
  /** Older than Redis 7.0, or it does not say how old it is. */
  | 'version'
  /** A server that speaks as Redis does, and is neither Redis nor Valkey. */
  | 'product'
  /** A Sentinel where a Redis was named, or the other way round. */
  | 'mode'
  /** The one Redis follows another, and takes no writes. */
  | 'replica'
  /** It does not speak RESP3: older than Redis 6.0, or a proxy. */
  | 'protocol'
  /** It lacks a command, or the user may not run it. */
  | 'command'

/** A server cannot hold what this package promises. A mistake in the plan; waiting does not fix it. Nothing was written there. */
export class UnsupportedServerError extends HoldfastError {
  override readonly code = 'UNSUPPORTED_SERVER'
  readonly reason: Unsupported

  constructor(message: string, reason: Unsupported, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Another middleware uses the same property of a request. A mistake in the application. */
export class SessionConflictError extends HoldfastError {
  override readonly code = 'SESSION_CONFLICT'
}

/** A node did not answer a command in time; whether it ran is unknown. */
export class CommandTimeoutError extends HoldfastError {
  override readonly code = 'COMMAND_TIMEOUT'
}

/** A node answered a command with an error; `kind` is the error's first word, such as `READONLY`. */
export class RedisReplyError extends HoldfastError {
  override readonly code = 'REDIS_REPLY'
  readonly kind: string

  constructor(message: string, kind: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
