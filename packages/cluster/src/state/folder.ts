import { access, chmod, constants, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ClusterError, systemCode } from '../errors.ts'

/** The longest path of a unix socket: 108 bytes on Linux, 104 on macOS, with the closing zero. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103

/** Beside the secrets, in the same folder: a rotation of passwords that has begun and not ended. */
export const ROTATION_FILE = 'rotation.json'
/** There, too: since when keys of the key ring are out of use, and which one is being brought in. */
export const KEYRING_HISTORY_FILE = 'keyring-history.json'
/** A rotation of certificates that has begun and not ended. */
export const CERTIFICATE_ROTATION_FILE = 'certificate-rotation.json'

/** Where a data centre keeps its state unless it is told otherwise. */
export function defaultStateDir(name: string): string {
  return join(stateRoot(), name)
}

/** The folder of all that Holdfast remembers on this machine. */
export function stateRoot(): string {
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'holdfast')
}

/** The paths inside a state folder. */
export class StateFolder {
  readonly path: string

  constructor(path: string) {
    this.path = resolve(path)
  }

  /** The topology that the folder was made for; the file that tells a state folder from any other. */
  get topologyFile(): string {
    return join(this.path, 'topology.json')
  }
  get secretsFile(): string {
    return join(this.path, 'secrets.json')
  }
  /** A rotation of passwords that has begun and not ended: it holds the old ones and the new ones. */
  get rotationFile(): string {
    return join(this.path, ROTATION_FILE)
  }
  /** Since when keys of the key ring are out of use, and which one is being brought in. */
  get keyringHistoryFile(): string {
    return join(this.path, KEYRING_HISTORY_FILE)
  }
  /** A rotation of certificates that has begun and not ended: which ones it has issued. */
  get certificateRotationFile(): string {
    return join(this.path, CERTIFICATE_ROTATION_FILE)
  }
  get descriptionFile(): string {
    return join(this.path, 'description.json')
  }
  get usersFile(): string {
    return join(this.path, 'users.json')
  }
  /** Present once the first primary and its replicas held the generation mark. */
  get initialisedFile(): string {
    return join(this.path, 'initialised')
  }
  /** The supervisor that runs with this folder. */
  get supervisorFile(): string {
    return join(this.path, 'supervisor.json')
  }
  /** The processes that it has started. */
  get processesFile(): string {
    return join(this.path, 'processes.json')
  }
  /** What the supervisor saw and did, as lines of JSON. */
  get eventLog(): string {
    return join(this.path, 'events.log')
  }
  /** What a drill does at present, and how that is undone. */
  get drillFile(): string {
    return join(this.path, 'drill.json')
  }
  /** Sessions that were ended by an operator, as lines of JSON. */
  get auditLog(): string {
    return join(this.path, 'audit.log')
  }
  /** Who changes the data centre at present; see `operate/lock.ts`. */
  get operationFile(): string {
    return join(this.path, 'operation.json')
  }
  get upgradeFile(): string {
    return join(this.path, 'upgrade.json')
  }
  /** The authority and the certificates of its processes, where these use TLS. */
  get certificates(): string {
    return join(this.path, 'certificates')
  }
  get controlSocket(): string {
    return join(this.path, 'control.sock')
  }
  /** The folder of one process. */
  of(processName: string): string {
    return join(this.path, processName)
  }
  dataOf(processName: string): string {
    return join(this.path, processName, 'data')
  }
  logOf(processName: string): string {
    return join(this.path, processName, 'log')
  }

  /**
   * Makes the folder, for its owner only, and checks that it is Holdfast's and can be used.
   *
   * Throws `STATE_UNUSABLE`.
   */
  async open(): Promise<void> {
    if (Buffer.byteLength(this.controlSocket) > MAX_SOCKET_PATH_BYTES) {
      throw unusable(
        `The path of the control socket, ${this.controlSocket}, is longer than the ${MAX_SOCKET_PATH_BYTES} bytes that a unix socket may have. Choose a shorter state folder.`,
      )
    }
    try {
      await makeFolder(this.path)
      await access(this.path, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch (error) {
      throw unusable(
        `The state folder ${this.path} cannot be made, read and written (${systemCode(error)}). Choose another one, or give this user the right to it.`,
        error,
      )
    }
    const { uid } = await stat(this.path)
    const ownUid = process.getuid?.()
    if (ownUid !== undefined && uid !== ownUid) {
      throw unusable(
        `The state folder ${this.path} belongs to another user (uid ${uid}). Run as that user, or choose another folder.`,
      )
    }
    const entries = await readdir(this.path)
    if (!(await this.isHoldfasts()) && entries.some((entry) => !entry.startsWith('supervisor.json'))) {
      throw unusable(
        `${this.path} holds other files and is no state folder of Holdfast. Choose an empty or a new folder.`,
      )
    }
    await chmod(this.path, 0o700)
  }

  async isHoldfasts(): Promise<boolean> {
    return exists(this.topologyFile)
  }

  /** Deletes the folder with everything in it. Throws `STATE_UNUSABLE` when it is not Holdfast's. */
  async purge(): Promise<void> {
    if (!(await this.isHoldfasts())) {
      throw unusable(`${this.path} is no state folder of Holdfast; it was not deleted.`)
    }
    await rm(this.path, { recursive: true, force: true, maxRetries: 5 })
  }
}

/**
 * Makes a folder with those above it, for its owner only. Not by Node's own `recursive`, which never returns
 * where a folder exists and nothing can be made in it, as under /proc (Node 24.21).
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
