import type { ErrorEntries } from './entry.ts'

/** The codes of what goes wrong around a data centre: sites, `up`, operations and drills. */
export const DATA_CENTRE: ErrorEntries = {
  USAGE: {
    cause: 'The command line has a mistake; the message names it.',
    remedy: 'Correct it; `--help` shows the options of each command.',
  },
  INTERRUPTED: {
    cause: 'Ctrl-C or Ctrl-D ended a question of the command.',
    remedy: 'Run the command again; the message says whether something was changed.',
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
      'Another program listens on a port of the data centre. The message names the program if the system allows it.',
    remedy: 'Stop that program, or choose another network.',
  },
  STATE_UNUSABLE: {
    cause:
      'The state folder, or a file in it, cannot be created, read or written, or was not created by Holdfast.',
    remedy: 'Check owner and rights of the file in the message; choose another `--state-dir`.',
  },
  STATE_MISMATCH: {
    cause: 'The state folder belongs to a data centre with other hosts, another transport or another engine.',
    remedy: 'Use the previous options or another folder, or delete the folder with `holdfast down --purge`.',
  },
  ALREADY_RUNNING: {
    cause: 'A data centre with this state folder is already running.',
    remedy: 'Use it, or stop it with `holdfast down`.',
  },
  NOT_RUNNING: {
    cause: 'No data centre runs with this state folder.',
    remedy: 'Start it with `holdfast up`, or choose another one with `--file`, `--name` or `--state-dir`.',
  },
  DATA_LOST: {
    cause: 'The data of every Redis is gone, although the data centre held data before.',
    remedy:
      'Restore the data folders or a backup. To start without the old sessions, run `holdfast down --purge` first.',
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
    cause: 'The site file cannot be read: it is missing, a folder, too large, or not readable by this user.',
    remedy: 'Correct the path or the rights; `holdfast init` writes a new file.',
  },
  SITE_INVALID: {
    cause: 'The site file breaks rules of severity `error`.',
    remedy: 'Run `holdfast check`; each finding has its line and its fix.',
  },
  SITE_EXISTS: {
    cause: 'The site file or its schema already exists.',
    remedy: 'Use another path, or `--force`.',
  },
  SITE_UNWRITABLE: {
    cause: 'The site file cannot be written there.',
    remedy: 'Check the folder and its rights.',
  },
  SECRETS_MISSING: {
    cause: 'The folder, environment or credential that the site names has no secrets.',
    remedy: 'Run `holdfast render` to create them in a folder, or set the variables or the credential.',
  },
  SECRETS_UNUSABLE: {
    cause: 'The secrets are open to other users, belong to another user, or lack a value.',
    remedy: 'Follow the message: usually `chmod`, or the missing name.',
  },
  NOT_SAFE: {
    cause: 'The operation would now lose data or refuse requests. Nothing was changed.',
    remedy: 'Fix the condition that the message names, then run the command again.',
  },
  BUSY: {
    cause: 'Another operation changes the data centre. Nothing was changed.',
    remedy: 'Wait until it ends; the message names it and its start.',
  },
  NO_SUCH_DATA_CENTRE: {
    cause: 'The site file has no data centre of that name, or it has several and none was chosen.',
    remedy: 'Choose one with `--data-centre`.',
  },
  NOT_OPERABLE: {
    cause: 'Holdfast describes this data centre but cannot operate it.',
    remedy: 'The message gives the reason, such as the profile.',
  },
  SWITCHOVER_FAILED: {
    cause: 'A switchover started and could not finish.',
    remedy: 'Run `holdfast status`. If a Redis has the wrong priority, run `holdfast doctor --fix`.',
  },
  SWITCHOVER_ABORTED: {
    cause: 'A switchover was interrupted on request before the promotion. Every change was undone.',
    remedy: 'Run it again.',
  },
  UPGRADE_FAILED: {
    cause: 'An upgrade started and could not continue.',
    remedy: 'Fix the reason; run it again.',
  },
  UPGRADE_ABORTED: { cause: 'An upgrade was interrupted on request.', remedy: 'Run it again; it resumes.' },
  RESTART_FAILED: {
    cause: 'The command that restarts a service failed; the message has its output.',
    remedy: 'Restart the service by hand, then run the upgrade again.',
  },
  ROTATION_STOPPED: {
    cause: 'A rotation of secrets did not finish. Old and new secrets are both valid.',
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
    cause: 'A certificate cannot be issued for these names or addresses.',
    remedy: 'Correct the names or addresses.',
  },
  CERTIFICATE_UNREADABLE: {
    cause: 'A certificate or its key is missing or cannot be read, or the two do not belong together.',
    remedy: 'Issue it again with `holdfast ca issue`.',
  },
  AUTHORITY_EXISTS: {
    cause: 'The data centre already has a certificate authority.',
    remedy: 'Use it. `--force` replaces it; then issue every certificate again.',
  },
  AUTHORITY_MISSING: {
    cause: 'The data centre has no certificate authority.',
    remedy: 'Create one with `holdfast ca create`, or pass its folder.',
  },
  FILE_UNUSABLE: {
    cause: 'A file cannot be read or written, exists already, or is open to other users.',
    remedy: 'The message names the file and the fix.',
  },
  BACKUP_REFUSED: {
    cause:
      'The backup belongs to another data centre, is damaged, forged or incomplete, has the format of an older Holdfast without a MAC, or needs another passphrase or identity.',
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
    cause: 'The restore did not finish. The merged sessions stay.',
    remedy: 'Run it again; merging twice is safe.',
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
    cause: 'The data centre was not healthy before the drill. A second fault could cause an outage.',
    remedy: 'Run `holdfast doctor`, fix its findings, then run the drill again.',
  },
  LOGIN_REFUSED: {
    cause: 'The users of the drill could not log in before the fault.',
    remedy: 'Check the gateways and the login limits.',
  },
  NOT_UNDONE: {
    cause: 'A fault was not undone completely.',
    remedy: 'Run `holdfast doctor --fix`.',
  },
  REMAINS_UNREADABLE: {
    cause: 'The file that records the steps of a drill is invalid.',
    remedy: 'Use the version of Holdfast that ran the drill, or check `holdfast status` and delete the file.',
  },
  OBJECTIVES_INVALID: {
    cause: 'The objectives file cannot be read, or a key is invalid.',
    remedy: 'Correct the key that the message names; see docs/drill.md.',
  },
  DRILL_ABORTED: {
    cause: 'The drill was interrupted on request. Its fault is undone and its users are removed.',
    remedy: 'Run it again.',
  },
}

/** What the command `holdfast` returns to its caller. */
export const EXIT_CODES: Readonly<Record<string, string>> = {
  ok: 'Success.',
  failed: 'The command failed, or a drill, the status or the doctor found a problem.',
  usage: 'The command line was wrong. Nothing was done.',
  notRunning: 'No data centre runs with this state folder.',
  warnings: 'The doctor found no error, but warnings.',
  notExamined: 'The doctor found no problem, but it could not run every check.',
  interrupted: 'Interrupted by Ctrl-C.',
}
