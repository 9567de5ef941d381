import { access, chmod, constants, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ClusterError, systemCode } from '@holdfast/site/errors'

/** The longest path of a Unix socket. The limit is 108 bytes on Linux and 104 on macOS, with the terminating zero. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103

/** The journal of an unfinished rotation of passwords, in the folder of the secrets. */
export const ROTATION_FILE = 'rotation.json'
/** When each old key of the key ring went out of use, and which key is being introduced. Also beside the secrets. */
export const KEYRING_HISTORY_FILE = 'keyring-history.json'
/** The journal of an unfinished rotation of certificates. */
export const CERTIFICATE_ROTATION_FILE = 'certificate-rotation.json'

/** The default state folder of a data centre. */
export function defaultStateDir(name: string): string {
  return join(stateRoot(), name)
}

/** The folder of all of Holdfast's state on this machine. */
export function stateRoot(): string {
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'holdfast')
}

/** The paths inside a state folder. */
export class StateFolder {
  readonly path: string

  constructor(path: string) {
    this.path = resolve(path)
  }

  /** The plan that runs: the site and the addresses. This file identifies a folder as a state folder. */
  get topologyFile(): string {
    return join(this.path, 'topology.json')
  }
  get secretsFile(): string {
    return join(this.path, 'secrets.json')
  }
  /** The journal of an unfinished rotation of passwords, with the old and the new passwords. */
  get rotationFile(): string {
    return join(this.path, ROTATION_FILE)
  }
  /** When each old key of the key ring went out of use, and which key is being introduced. */
  get keyringHistoryFile(): string {
    return join(this.path, KEYRING_HISTORY_FILE)
  }
  /** The journal of an unfinished rotation of certificates, with the certificates that it has issued. */
  get certificateRotationFile(): string {
    return join(this.path, CERTIFICATE_ROTATION_FILE)
  }
  get descriptionFile(): string {
    return join(this.path, 'description.json')
  }
  get usersFile(): string {
    return join(this.path, 'users.json')
  }
  /** Exists once the first primary and its replicas hold the group id. */
  get initialisedFile(): string {
    return join(this.path, 'initialised')
  }
  /** The supervisor process of this folder. */
  get supervisorFile(): string {
    return join(this.path, 'supervisor.json')
  }
  /** The processes that the supervisor has started. */
  get processesFile(): string {
    return join(this.path, 'processes.json')
  }
  /** The supervisor's event log, as lines of JSON. */
  get eventLog(): string {
    return join(this.path, 'events.log')
  }
  /** The journal of a running drill: its fault, and how to undo it. */
  get drillFile(): string {
    return join(this.path, 'drill.json')
  }
  /** The sessions that operators ended, as lines of JSON. */
  get auditLog(): string {
    return join(this.path, 'audit.log')
  }
  /** The operation that is changing the data centre now; see `state/lock.ts`. */
  get operationFile(): string {
    return join(this.path, 'operation.json')
  }
  get upgradeFile(): string {
    return join(this.path, 'upgrade.json')
  }
  /** The authority and the certificates of the processes, if they use TLS. */
  get certificates(): string {
    return join(this.path, 'certificates')
  }
  get controlSocket(): string {
    return join(this.path, 'control.sock')
  }
  /** The folder of a process. */
  of(processName: string): string {
    return join(this.path, processName)
  }
  dataOf(processName: string): string {
    return join(this.path, processName, 'data')
  }
  logOf(processName: string): string {
    return join(this.path, processName, 'log')
  }

  /** Creates the folder, for its owner only, and checks that it is usable and not another program's. Throws `STATE_UNUSABLE`. */
  async open(): Promise<void> {
    if (Buffer.byteLength(this.controlSocket) > MAX_SOCKET_PATH_BYTES) {
      throw unusable(
        `The path of the control socket, ${this.controlSocket}, is longer than ${MAX_SOCKET_PATH_BYTES} bytes, the limit for a Unix socket. Choose a state folder with a shorter path.`,
      )
    }
    try {
      await makeFolder(this.path)
      await access(this.path, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch (error) {
      throw unusable(
        `Cannot create, read or write the state folder ${this.path} (${systemCode(error)}). Choose another folder, or give this user access to it.`,
        error,
      )
    }
    const { uid } = await stat(this.path)
    const ownUid = process.getuid?.()
    if (ownUid !== undefined && uid !== ownUid) {
      throw unusable(
        `The state folder ${this.path} belongs to another user (uid ${uid}). Run the command as that user, or choose another folder.`,
      )
    }
    const entries = await readdir(this.path)
    if (!(await this.isHoldfasts()) && entries.some((entry) => !entry.startsWith('supervisor.json'))) {
      throw unusable(
        `${this.path} holds other files and is not a state folder of Holdfast. Choose an empty or a new folder.`,
      )
    }
    await chmod(this.path, 0o700)
  }

  async isHoldfasts(): Promise<boolean> {
    return exists(this.topologyFile)
  }

  /** Deletes the folder and its contents. Throws `STATE_UNUSABLE` when it is not a state folder of Holdfast. */
  async purge(): Promise<void> {
    if (!(await this.isHoldfasts())) {
      throw unusable(`${this.path} is not a state folder of Holdfast. It was not deleted.`)
    }
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 })
  }
}

/**
 * Creates a folder and its parents, for its owner only. Node's own `recursive` is not used: it never returns when an existing
 * parent rejects new files, as under /proc (Node 24.21).
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return
    if (code !== 'ENOENT' || (await exists(dirname(path)))) throw error
    await makeFolder(dirname(path))
    await mkdir(path, { mode: 0o700 })
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

const unusable = (message: string, cause?: unknown) => new ClusterError('STATE_UNUSABLE', message, { cause })
