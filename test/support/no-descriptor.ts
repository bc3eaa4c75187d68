import { SerialPort } from 'serialport'

const HIDDEN = ['fd', 'poller']

/** From now on serialport's binding hands out no more than its manual promises: no descriptor, no poller. */
export function hideDescriptors(): void {
  const binding = SerialPort.binding as unknown as { open(options: object): Promise<object> }
  const open = binding.open.bind(binding)
  binding.open = async (options) =>
    new Proxy(await open(options), {
      get(target, name) {
        if (HIDDEN.includes(String(name))) return undefined
        const value = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
}
