// The command, where serialport hands out no descriptor.
import { hideDescriptors } from './no-descriptor.js'

hideDescriptors()
await import('../../src/main.js')
