import type { ErrorEntries } from './entry.ts'

/** The codes of what goes wrong around a data centre: sites, `up`, operations and drills. */
export const DATA_CENTRE: ErrorEntries = {
  USAGE: {
    cause: 'The command line has a mistake; the message names it.',
    remedy: 'Correct it; `--help` shows the options of each command.',
  },
  MISSING_PROGRAM: {
    cause: 'A program that the data centre needs is not installed.',
    remedy: 'Install it; the message names it.',
  },
  ADDRESS_NOT_HERE: {
    cause: 'An address of the data centre does not belong to this machine.',
    remedy: 'Correct the address, or run the command on the right machine.',
  },
  PORT_IN_USE: {
    cause:
      'Another program listens on a port of the data centre; the message names it where the system tells.',
    remedy: 'End that program, or choose another network.',
  },
  STATE_UNUSABLE: {
    cause: 'The state folder, or a file in it, cannot be made, read or written, or is not from Holdfast.',
    remedy: 'Check owner and rights of the file in the message; choose another `--state-dir`.',
  },
  STATE_MISMATCH: {
    cause: 'The state folder belongs to a data centre with other hosts, another transport or another engine.',
    remedy: 'Use the old options, another folder, or delete the folder by `holdfast down --purge`.',
  },
  ALREADY_RUNNING: {
    cause: 'A data centre runs already with this state folder.',
    remedy: 'Use it, or end it by `holdfast down`.',
  },
  NOT_RUNNING: {
    cause: 'No data centre runs with this state folder.',
    remedy: 'Start it by `holdfast up`, or name another one by `--file`, `--name` or `--state-dir`.',
  },
  DATA_LOST: {
    cause: 'The data of every Redis is gone, although the data centre held data before.',
    remedy: 'Put the data folders back, or restore a backup. `down --purge` begins without the old sessions.',
  },
  START_FAILED: {
    cause: 'A process did not become ready while the data centre started. Every started process has ended.',
    remedy: 'Read the log that the message names.',
  },
  START_ABORTED: {
    cause: 'The start was interrupted on request. Every started process has ended.',
    remedy: 'Start again.',
  },
  CONTROL_REFUSED: {
    cause: 'The supervisor refused a request on its control socket.',
    remedy: 'Use the same version of Holdfast for the command and the data centre.',
  },
  SITE_UNREADABLE: {
    cause: 'The site file cannot be read: it is missing, a folder, too large, or closed to this user.',
    remedy: 'Correct the path or the rights; `holdfast init` writes a new file.',
  },
  SITE_INVALID: {
    cause: 'The site file breaks rules of severity `error`.',
    remedy: 'Run `holdfast check`; each finding has its line and its fix.',
  },
  SITE_EXISTS: {
    cause: 'The site file, or its schema, exists already.',
    remedy: 'Use another path, or `--force`.',
  },
  SITE_UNWRITABLE: {
    cause: 'The site file cannot be written there.',
    remedy: 'Check the folder and its rights.',
  },
  SECRETS_MISSING: {
    cause: 'The place that the site names has no secrets.',
    remedy: 'Run `holdfast render` to create them in a folder, or provide the variables or the credential.',
  },
  SECRETS_UNUSABLE: {
    cause: 'The secrets are open to other users, belong to another user, or lack a value.',
    remedy: 'Follow the message: usually `chmod`, or the missing name.',
  },
  NOT_SAFE: {
    cause: 'The operation would lose or refuse something now. Nothing was changed.',
    remedy: 'Fix the condition that the message names, then run the command again.',
  },
  BUSY: {
    cause: 'Another operation changes the data centre. Nothing was changed.',
    remedy: 'Wait for it; the message says which, and since when.',
  },
  NO_SUCH_DATA_CENTRE: {
    cause: 'The site file has no data centre of that name, or several and none was named.',
    remedy: 'Name one by `--data-centre`.',
  },
  NOT_OPERABLE: {
    cause: 'Holdfast describes this data centre but cannot operate it.',
    remedy: 'Read the reason in the message, such as the profile.',
  },
  SWITCHOVER_FAILED: {
    cause: 'A switchover began and could not be finished.',
    remedy: 'Run `holdfast status`; if a Redis has the wrong priority, `holdfast doctor --fix`.',
  },
  SWITCHOVER_ABORTED: {
    cause: 'A switchover was interrupted on request, before the promotion. Every change was put back.',
    remedy: 'Run it again.',
  },
  UPGRADE_FAILED: { cause: 'An upgrade began and could not go on.', remedy: 'Fix the reason; run it again.' },
  UPGRADE_ABORTED: { cause: 'An upgrade was interrupted on request.', remedy: 'Run it again; it resumes.' },
  RESTART_FAILED: {
    cause: 'The command that restarts a service failed; the message has its output.',
    remedy: 'Restart the service by hand, then run the upgrade again.',
  },
  ROTATION_STOPPED: {
    cause: 'A rotation of secrets stopped half-way. Old and new secrets are both valid.',
    remedy: 'Fix the reason; run the rotation again, or undo it (passwords only).',
  },
  ROTATION_ABORTED: {
    cause: 'A rotation of secrets was interrupted on request. Old and new secrets are both valid.',
    remedy: 'Run it again, or undo it (passwords only).',
  },
  RENDER_REFUSED: {
    cause: 'The site cannot be rendered as it is, or the output folder is not empty.',
    remedy: 'Follow the message; `--force` overwrites rendered files.',
  },
  CERTIFICATE_REFUSED: {
    cause: 'The request makes no certificate.',
    remedy: 'Correct the names or addresses.',
  },
  CERTIFICATE_UNREADABLE: {
    cause: 'A certificate or its key is missing or cannot be read, or the two do not belong together.',
    remedy: 'Issue it again by `holdfast ca issue`.',
  },
  AUTHORITY_EXISTS: {
    cause: 'The data centre has a certificate authority already.',
    remedy: 'Use it. `--force` replaces it, and then every certificate must be issued again.',
  },
  AUTHORITY_MISSING: {
    cause: 'The data centre has no certificate authority.',
    remedy: 'Make one by `holdfast ca create`, or name its folder.',
  },
  FILE_UNUSABLE: {
    cause: 'A file cannot be read or written, exists already, or is open to other users.',
    remedy: 'Follow the message.',
  },
  BACKUP_REFUSED: {
    cause: 'The backup is of another data centre, damaged, incomplete, or locked with another secret.',
    remedy: 'Use the right file, passphrase or identity. Nothing was changed.',
  },
  PRIMARY_CHANGED: {
    cause: 'The primary was replaced or restarted while sessions were read from it.',
    remedy: 'Run the command again.',
  },
  BACKUP_ABORTED: {
    cause: 'The backup was interrupted on request. No file remains.',
    remedy: 'Run it again.',
  },
  RESTORE_FAILED: {
    cause: 'The restore ended half-way. The merged sessions stay.',
    remedy: 'Run it again; merging twice does no harm.',
  },
  RESTORE_ABORTED: {
    cause: 'The restore was interrupted on request. The merged sessions stay.',
    remedy: 'Run it again.',
  },
  REVOKE_ABORTED: {
    cause: 'Ending sessions was interrupted on request. Ended sessions stay ended.',
    remedy: 'Run it again for the rest.',
  },
  NO_SUCH_SESSION: { cause: 'No session has this public id.', remedy: 'List the sessions again.' },
  DOCTOR_ABORTED: {
    cause: 'An examination or its fixes were interrupted on request. Finished fixes stay.',
    remedy: 'Run it again.',
  },
  NOT_WHOLE: {
    cause: 'The data centre is not healthy before the drill, so that a fault would be one too many.',
    remedy: 'Run `holdfast doctor`, fix its findings, then run the drill again.',
  },
  LOGIN_REFUSED: {
    cause: 'The users of the drill could not log in before the fault.',
    remedy: 'Check the gateways and the login limits.',
  },
  NOT_UNDONE: {
    cause: 'A fault, or a part of it, is still there.',
    remedy: 'Run `holdfast doctor --fix`.',
  },
  REMAINS_UNREADABLE: {
    cause: 'The file in which a drill records its steps cannot be understood.',
    remedy: 'Use the version of Holdfast that made the drill, or delete the file after a look at `status`.',
  },
  OBJECTIVES_INVALID: {
    cause: 'The file of objectives cannot be read or understood.',
    remedy: 'Correct the key that the message names; see docs/drill.md.',
  },
  DRILL_ABORTED: {
    cause: 'The drill was interrupted on request. Its fault is undone and its users are removed.',
    remedy: 'Run it again.',
  },
}

/** What the command `holdfast` returns to its caller. */
export const EXIT_CODES: Readonly<Record<string, string>> = {
  ok: 'It worked.',
  failed: 'It did not work, or a drill, the status or the doctor found something wrong.',
  usage: 'The command line was wrong. Nothing was done.',
  notRunning: 'No data centre runs with this state folder.',
  warnings: 'The doctor found no error, but warnings.',
  notExamined: 'The doctor found nothing wrong where it could look, but it could not look everywhere.',
  interrupted: 'Interrupted by Ctrl-C.',
}
