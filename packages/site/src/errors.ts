/** The stable codes of {@link ClusterError}. */
export type ClusterErrorCode =
  /** A program that a data centre needs is not installed. */
  | 'MISSING_PROGRAM'
  /** An address of the topology does not belong to this machine. */
  | 'ADDRESS_NOT_HERE'
  /** Another program listens on a port of the topology. */
  | 'PORT_IN_USE'
  /** The state folder cannot be created, read or written, or is not a state folder of Holdfast. */
  | 'STATE_UNUSABLE'
  /** The state folder belongs to a data centre with a different topology. */
  | 'STATE_MISMATCH'
  /** A data centre is already running with this state folder. */
  | 'ALREADY_RUNNING'
  /** No data centre is running with this state folder. */
  | 'NOT_RUNNING'
  /** Every Redis has lost its data, although the data centre held data before. */
  | 'DATA_LOST'
  /** A process did not become ready while the data centre started. */
  | 'START_FAILED'
  /** The start was aborted on request. Every process that it had started has ended. */
  | 'START_ABORTED'
  /** The supervisor refused a request on its control socket. */
  | 'CONTROL_REFUSED'
  /** The site's file cannot be read: it is missing, is a folder, or its permissions deny access. */
  | 'SITE_UNREADABLE'
  /** The site's file breaks rules whose severity is `error`. */
  | 'SITE_INVALID'
  /** The site's file, or its schema, already exists. */
  | 'SITE_EXISTS'
  /** The site's file cannot be written to its path. */
  | 'SITE_UNWRITABLE'
  /** The place that the site names holds no secrets. */
  | 'SECRETS_MISSING'
  /** The secrets are readable by other users, belong to another user, or are not valid for the data centre. */
  | 'SECRETS_UNUSABLE'
  /** The operation would lose data or fail requests at this moment. Nothing was changed. */
  | 'NOT_SAFE'
  /** Another operation is changing the data centre. Nothing was changed. */
  | 'BUSY'
  /** The site's file has no data centre of that name, or has several and the command named none. */
  | 'NO_SUCH_DATA_CENTRE'
  /** Holdfast describes this data centre but cannot operate it. */
  | 'NOT_OPERABLE'
  /** A switchover started and could not finish. */
  | 'SWITCHOVER_FAILED'
  /** A switchover was aborted on request before the promotion. */
  | 'SWITCHOVER_ABORTED'
  /** An upgrade started and could not continue. It can be run again. */
  | 'UPGRADE_FAILED'
  /** An upgrade was aborted on request. It can be run again. */
  | 'UPGRADE_ABORTED'
  /** The command that restarts a service failed. */
  | 'RESTART_FAILED'
  /** A rotation of secrets stopped before its end. The old and the new secrets are both valid until the rotation is run again or undone. */
  | 'ROTATION_STOPPED'
  /** A rotation of secrets was aborted on request. It can be run again or undone. */
  | 'ROTATION_ABORTED'
  /** The site cannot be rendered as it is, or the output folder is not empty. */
  | 'RENDER_REFUSED'
  /** No certificate can be issued for the given options. */
  | 'CERTIFICATE_REFUSED'
  /** A certificate or its key is missing or cannot be read. */
  | 'CERTIFICATE_UNREADABLE'
  /** The data centre already has a certificate authority. */
  | 'AUTHORITY_EXISTS'
  /** The data centre has no certificate authority. */
  | 'AUTHORITY_MISSING'
  /** A file cannot be read or written, already exists, or is readable by other users. */
  | 'FILE_UNUSABLE'
  /** The backup is of another data centre, damaged, incomplete, or encrypted with another secret. Nothing was changed. */
  | 'BACKUP_REFUSED'
  /** The primary was replaced or restarted while its sessions were read. */
  | 'PRIMARY_CHANGED'
  /** A backup was aborted on request. No file was left. */
  | 'BACKUP_ABORTED'
  /** A restore stopped before its end. The sessions merged so far stay, and it can be run again. */
  | 'RESTORE_FAILED'
  /** A restore was aborted on request. The sessions merged so far stay. */
  | 'RESTORE_ABORTED'
  /** The revocation of sessions was aborted on request. The sessions revoked so far stay revoked. */
  | 'REVOKE_ABORTED'
  /** No session has this public id. */
  | 'NO_SUCH_SESSION'
  /** The fault of a drill, or a part of it, is still in place. `holdfast doctor --fix` undoes it. */
  | 'NOT_UNDONE'
  /** The undo journal of a drill is not valid. */
  | 'REMAINS_UNREADABLE'
  /** An examination or its fixes were aborted on request. Completed fixes stay. */
  | 'DOCTOR_ABORTED'

/** An error of an operation on a data centre. The message names the cause and says what to do. It never holds a secret. */
export class ClusterError extends Error {
  readonly code: ClusterErrorCode

  constructor(code: ClusterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ClusterError'
    this.code = code
  }
}

/** The code of a system error, such as `ENOENT`; an empty text for other errors. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
