import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CrcTail } from '../../src/framing/crc.js'
import { crcs } from '../../src/memory/crc.js'

/** The catalogue's check values: the CRC of "123456789". */
const CHECKS: Record<string, number> = {
  'crc8-smbus': 0xf4,
  'crc8-maxim-dow': 0xa1,
  'crc16-modbus': 0x4b37,
  'crc16-ibm-3740': 0x29b1,
  'crc16-ibm-sdlc': 0x906e,
  'crc16-kermit': 0x2189,
  'crc16-xmodem': 0x31c3,
  'crc32-iscsi': 0xe3069283,
  'crc32-iso-hdlc': 0xcbf43926,
}

test("every check has the catalogue's value", () => {
  const bytes = Buffer.from('x123456789y')
  assert.deepEqual(Object.fromEntries(crcs.map((crc) => [crc.name, crc.of(bytes, 1, 10)])), CHECKS)
})

test('the check behind a frame is read in the usual order, or as told', () => {
  const holds = (crc: string, hex: string, crcOrder?: 'little' | 'big') => {
    const bytes = Buffer.concat([Buffer.from('123456789'), Buffer.from(hex, 'hex')])
    return new CrcTail({ crc, crcOrder }).holds(bytes, 0, 9)
  }
  assert.ok(holds('crc16-modbus', '374b'))
  assert.ok(!holds('crc16-modbus', '4b37'))
  assert.ok(holds('crc16-modbus', '4b37', 'big'))
  assert.ok(holds('crc16-xmodem', '31c3'))
  assert.ok(holds('crc16-xmodem', 'c331', 'little'))
  assert.ok(holds('crc32-iso-hdlc', '2639f4cb'))
  assert.ok(holds('crc8-smbus', 'f4'))
  assert.ok(!holds('crc8-smbus', 'f5'))
})
