/**
 * The base class of all errors that this package throws on purpose, each with a stable `code`. The message has one or two
 * sentences: it names the file, the key or the address, and says what to do. It never contains a token, a password or
 * a hash.
 */
export abstract class GatewayError extends Error {
  abstract readonly code: GatewayErrorCode

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }
}

export type GatewayErrorCode =
  | 'FILE_UNUSABLE'
  | 'CONFIG_INVALID'
  | 'USERS_INVALID'
  | 'LISTEN_FAILED'
  | 'PROCESSES_DIE'
  | 'DIRECTORY_UNAVAILABLE'
  | 'PROVIDER_UNAVAILABLE'
  | 'LOGIN_REFUSED'
  | 'AUTHENTICATION_TOO_OLD'

/** A file is missing, cannot be read or written, is locked, or is accessible to other users of the machine. */
export class FileUnusableError extends GatewayError {
  override readonly code = 'FILE_UNUSABLE'
}

/** The configuration file is not valid JSON, or one of its keys is wrong. */
export class ConfigInvalidError extends GatewayError {
  override readonly code = 'CONFIG_INVALID'
}

/** The users file is not valid JSON or breaks its rules, or a requested change would break them. */
export class UsersInvalidError extends GatewayError {
  override readonly code = 'USERS_INVALID'
}

/** The gateway cannot listen on the address: it is in use, not an address of this machine, or not allowed. */
export class ListenFailedError extends GatewayError {
  override readonly code = 'LISTEN_FAILED'
}

/** The processes of a gateway crash repeatedly. */
export class ProcessesDieError extends GatewayError {
  override readonly code = 'PROCESSES_DIE'
}
