import { readFileSync } from 'node:fs'
import { bug } from '../model/errors.js'
import { STOP_MARGIN_MS } from './stop-margin.js'

/** A file that the service manager hands over under a name. */
export interface Credential {
  name: string
  path: string
  encrypted?: boolean
}

/** What a unit is made for; all paths absolute. */
export interface UnitSettings {
  /** Of Node and of the command's file. */
  node: string
  main: string
  /** Configuration files as the command is given them; `%d` stands for the folder of credentials. */
  files: readonly string[]
  /** Files that the service manager reads as root and hands over, by name; some as `systemd-creds encrypt` wrote them. */
  credentials: readonly Credential[]
  /** Serial ports are opened; in which groups those are. */
  serial?: { groups: readonly string[] }
  /** Something of this lies under /home or /root. */
  readsHomes: boolean
  /** The service manager is told by systemd-notify, a process of its own. */
  notifiesByCommand: boolean
  stopTimeoutMs: number
}

/** Drivers of serial ports, as /proc/devices calls them. */
const SERIAL_DRIVERS = ['ttyUSB', 'ttyACM', 'ttyS', 'ttyAMA', 'ttyO', 'ttymxc', 'ttySC', 'rfcomm']
/** Modules of the drivers that are loaded only when such a port is plugged in. */
const SERIAL_MODULES = ['usbserial', 'cdc_acm']

/** The first line of a unit that weir made; by it one is told from another's. */
export const MADE_BY = '# Made by `weir service install`; changes belong into `systemctl edit`.'

/** Whether a unit file was made by weir. */
export const isOurs = (text: string): boolean => text.startsWith(MADE_BY)

/** The unit as shipped. */
export const unitTemplate = (): string =>
  readFileSync(new URL('../../../src/service/weir.service', import.meta.url), 'utf8')

/** The text of a unit file: the shipped one with its directives set. */
export function unitText(settings: UnitSettings): string {
  const { node, main, files, credentials, serial } = settings
  // The driver must be known when the unit starts, or its ports stay closed to it when they are plugged in later.
  const modules = SERIAL_MODULES.map((module) => `modprobe@${module}.service`).join(' ')
  const directives: Record<string, readonly string[]> = {
    NotifyAccess: [settings.notifiesByCommand ? 'all' : 'main'],
    ExecStart: [[word(node), ...[main, 'run', ...files].map(argument)].join(' ')],
    TimeoutStopSec: [String(Math.ceil((settings.stopTimeoutMs + STOP_MARGIN_MS) / 1000))],
    LoadCredential: credentials.filter(({ encrypted }) => !encrypted).map(credentialText),
    LoadCredentialEncrypted: credentials.filter(({ encrypted }) => encrypted).map(credentialText),
    ProtectHome: [settings.readsHomes ? 'read-only' : 'yes'],
    PrivateDevices: [serial ? 'no' : 'yes'],
    DeviceAllow: serial ? SERIAL_DRIVERS.map((driver) => `char-${driver} rw`) : [],
    SupplementaryGroups: serial?.groups.length ? [serial.groups.join(' ')] : [],
    Wants: serial ? [modules] : [],
  }
  let text = unitTemplate().replace(/^# weir as a service.*\n/, `${MADE_BY}\n`)
  for (const [key, values] of Object.entries(directives)) text = withDirective(text, key, values)
  return serial ? text.replace(/^After=.*$/m, (line) => `${line} ${modules}`) : text
}

function withDirective(text: string, key: string, values: readonly string[]): string {
  const line = new RegExp(`^${key}=.*\n`, 'm')
  if (!line.test(text)) bug(`the unit's template has no ${key}=`)
  return text.replace(line, () => values.map((value) => `${key}=${value}\n`).join(''))
}

const credentialText = ({ name, path }: Credential) => `${name}:${path.replaceAll('%', '%%')}`

/** A word of ExecStart=: quoted where it must be, specifiers taken as they are. */
function word(text: string): string {
  // `%d/` at the beginning is ours.
  const plain = text.replace(/(?!^%d\/)%/g, '%%').replace(/["\\]/g, '\\$&')
  return /^[\w./%@:+,=~-]+$/.test(plain) ? plain : `"${plain}"`
}

/** A word that is no program: variables are taken as they are, too. */
const argument = (text: string): string => word(text.replaceAll('$', '$$$$'))
