import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { reasonOf } from '../../model/errors.js'

const GROUP_MAY = 0o060

/** Why this process can't use the serial port at `path`, with the remedy; undefined when it can, as far as one can tell without opening it. */
export async function portProblem(path: string): Promise<string | undefined> {
  try {
    const port = await stat(path)
    if (!port.isCharacterDevice()) return 'it is no serial port; `weir ports` lists those there are'
    try {
      await access(path, constants.R_OK | constants.W_OK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
      return `permission denied; ${await permissionRemedy(port)}`
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return 'no such file; plug the device in, `weir ports` lists those there are'
    return reasonOf(error)
  }
}

async function permissionRemedy(port: { mode: number; gid: number }): Promise<string> {
  const user = userName()
  const group = (await groups()).find(({ gid }) => gid === port.gid)
  const groupName = group?.name ?? String(port.gid)
  if ((port.mode & GROUP_MAY) !== GROUP_MAY || port.gid === 0)
    return 'only its owner may use it; let a udev rule give it to group "dialout" with mode 0660'
  if (group?.members.includes(user))
    return `user "${user}" was added to group "${groupName}" after this session began; log in again or restart the service`
  return `add user "${user}" to group "${groupName}" (usermod -aG ${groupName} ${user}), then log in again or restart the service`
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A dynamic user has no entry in the system's list.
    return String(process.getuid?.())
  }
}

async function groups(): Promise<{ name: string; gid: number; members: string[] }[]> {
  const text = await readFile('/etc/group', 'utf8').catch(() => '')
  return text.split('\n').map((row) => {
    const [name, , gid, members = ''] = row.split(':')
    return { name, gid: gid ? Number(gid) : -1, members: members.split(',') }
  })
}
