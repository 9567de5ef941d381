/** The stable codes of {@link ClusterError}. */
export type ClusterErrorCode =
  /** A program that a data centre needs is not installed. */
  | 'MISSING_PROGRAM'
  /** An address of the topology does not belong to this machine. */
  | 'ADDRESS_NOT_HERE'
  /** Another program listens on a port of the topology. */
  | 'PORT_IN_USE'
  /** The state folder cannot be made, read or written, or is not Holdfast's. */
  | 'STATE_UNUSABLE'
  /** The state folder belongs to a data centre with another topology. */
  | 'STATE_MISMATCH'
  /** A data centre runs already with this state folder. */
  | 'ALREADY_RUNNING'
  /** No data centre runs with this state folder. */
  | 'NOT_RUNNING'
  /** The data of every Redis is gone, although the data centre held data before. */
  | 'DATA_LOST'
  /** A process did not become ready while the data centre started. */
  | 'START_FAILED'
  /** The start was broken off on request; everything that had been started has ended. */
  | 'START_ABORTED'
  /** The supervisor refused a request on its control socket. */
  | 'CONTROL_REFUSED'
  /** A site's file cannot be read at all: it is missing, a folder, or closed to this user. */
  | 'SITE_UNREADABLE'
  /** A site's file breaks rules whose severity is `error`. */
  | 'SITE_INVALID'
  /** A site's file, or its schema, is there already. */
  | 'SITE_EXISTS'
  /** A site's file cannot be written where it should be. */
  | 'SITE_UNWRITABLE'
  /** There are no secrets in the place that the site names. */
  | 'SECRETS_MISSING'
  /** The secrets are open to other users, belong to another one, or are not what a data centre needs. */
  | 'SECRETS_UNUSABLE'
  /** An operation was asked for at a time when it would lose or refuse something; nothing was changed. */
  | 'NOT_SAFE'
  /** Another operation changes the data centre at present; nothing was changed. */
  | 'BUSY'
  /** A site's file has no data centre of that name, or several and none was named. */
  | 'NO_SUCH_DATA_CENTRE'
  /** A data centre that Holdfast describes and cannot operate. */
  | 'NOT_OPERABLE'
  /** A switchover had begun and could not be finished. */
  | 'SWITCHOVER_FAILED'
  /** A switchover was broken off on request, before the promotion. */
  | 'SWITCHOVER_ABORTED'
  /** An upgrade had begun and could not go on; it can be run again. */
  | 'UPGRADE_FAILED'
  /** An upgrade was broken off on request; it can be run again. */
  | 'UPGRADE_ABORTED'
  /** The command that restarts a service did not end well. */
  | 'RESTART_FAILED'
  /** A rotation of secrets stopped half-way: old and new ones are both valid until it is run again or undone. */
  | 'ROTATION_STOPPED'
  /** A rotation of secrets was broken off on request; it can be run again or undone. */
  | 'ROTATION_ABORTED'
  /** A site cannot be rendered as it is, or the folder for it holds something. */
  | 'RENDER_REFUSED'
  /** What was asked for makes no certificate. */
  | 'CERTIFICATE_REFUSED'
  /** A certificate or its key is missing or cannot be read. */
  | 'CERTIFICATE_UNREADABLE'
  /** The data centre has a certificate authority already. */
  | 'AUTHORITY_EXISTS'
  /** The data centre has no certificate authority. */
  | 'AUTHORITY_MISSING'
  /** A file cannot be read or written, or may not be: it is there already, or open to other users. */
  | 'FILE_UNUSABLE'
  /** A backup is of another data centre, damaged, incomplete, or locked with another secret; nothing was changed. */
  | 'BACKUP_REFUSED'
  /** The primary was replaced or restarted while the sessions were read from it. */
  | 'PRIMARY_CHANGED'
  /** A backup was broken off on request; no file was left. */
  | 'BACKUP_ABORTED'
  /** A restore ended half-way; what it had merged stays, and it can be run again. */
  | 'RESTORE_FAILED'
  /** A restore was broken off on request; what it had merged stays. */
  | 'RESTORE_ABORTED'
  /** The ending of sessions was broken off on request; those that have ended stay so. */
  | 'REVOKE_ABORTED'
  /** No session has this public id. */
  | 'NO_SUCH_SESSION'
  /** A fault of a drill is still there, or a part of it; `holdfast doctor --fix` undoes it. */
  | 'NOT_UNDONE'
  /** The file in which a drill wrote how to undo its fault cannot be understood. */
  | 'REMAINS_UNREADABLE'
  /** An examination or its mends were broken off on request; what had been mended stays so. */
  | 'DOCTOR_ABORTED'

/** What goes wrong around a data centre. The message names the thing and says what to do; it never holds a secret. */
export class ClusterError extends Error {
  readonly code: ClusterErrorCode

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ClusterError'
    this.code = code
  }
}

/** The code of a system error such as `ENOENT`, or an empty text. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
