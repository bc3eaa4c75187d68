import {
  CALIBRATION_BYTES,
  CALIBRATION_CLIP,
  CALIBRATION_OFFSET,
  CALIBRATION_POINTS,
  CALIBRATION_SCALE,
  CALIBRATION_TABLE,
  CONDITION_BYTES,
  CONDITION_CALIBRATION,
  CONDITION_DEADBAND,
  CONDITION_LAST,
  CONDITION_VALID,
  POINT_BYTES,
} from '../../assembly/layout.js'
import type { Arena } from '../model/codec.js'
import { glob } from '../model/glob.js'
import type { CalibrationPlan, ConditionsPlan, InputPlan, Plan } from '../model/plan.js'
import type { EngineMemory } from './engine-memory.js'
import type { Series } from './identities.js'

/** A rule as the kernel reads it, and which fields it is for. */
interface Rule {
  matches(field: string): boolean
  address: number
  unit?: string
}

interface Rules {
  calibrate: Rule[]
  valid: Rule[]
  deadband: Rule[]
}

/** Bytes of all rules of a plan in the arena; 0 where it has none. */
export function ruleBytes(plan: Plan): number {
  let bytes = 0
  for (const { calibrate, valid, deadband } of conditionsOf(plan)) {
    for (const { by } of calibrate) bytes += 32 + ('table' in by ? by.table.length * POINT_BYTES : 0)
    bytes += (valid.length + deadband.length) * 16
  }
  return bytes
}

/** Inputs without conditions of their own share those of the source. */
const conditionsOf = (plan: Plan): Set<ConditionsPlan> =>
  new Set(plan.sources.flatMap(({ inputs }) => inputs.flatMap(({ conditions }) => conditions ?? [])))

/**
 * Which rules each series' values pass before windows see them (assembly/window/condition.ts). The rules are written once; a
 * series' own record, found by its number, is written anew whenever the number is given to a series.
 */
export class Conditions {
  readonly #rules = new Map<ConditionsPlan, Rules>()

  constructor(
    plan: Plan,
    private readonly memory: EngineMemory,
    arena: Arena,
  ) {
    for (const conditions of conditionsOf(plan)) this.#rules.set(conditions, writeRules(conditions, arena))
  }

  /** From now on the series' values pass the rules of the input it came by; its unit is that of its calibration. */
  enrol({ id, field, device }: Series, input?: InputPlan): void {
    if (this.#rules.size === 0) return
    const rules = input?.conditions && this.#rules.get(input.conditions)
    const find = (of: keyof Rules) => rules?.[of].find((rule) => rule.matches(field))
    const calibration = find('calibrate')
    if (calibration?.unit !== undefined) device.units.set(field, calibration.unit)
    const { u32, f64, regions } = this.memory
    const record = regions.conditions.start + id * CONDITION_BYTES
    u32[(record + CONDITION_CALIBRATION) >>> 2] = calibration?.address ?? 0
    u32[(record + CONDITION_VALID) >>> 2] = find('valid')?.address ?? 0
    u32[(record + CONDITION_DEADBAND) >>> 2] = find('deadband')?.address ?? 0
    f64[(record + CONDITION_LAST) >>> 3] = Number.NaN
  }
}

function writeRules({ calibrate, valid, deadband }: ConditionsPlan, arena: Arena): Rules {
  const pair = (a: number, b: number) => {
    const address = arena.alloc(16)
    arena.f64.set([a, b], address >>> 3)
    return address
  }
  return {
    calibrate: calibrate.map((plan) => ({
      matches: glob(plan.field),
      address: writeCalibration(plan, arena),
      unit: plan.unit,
    })),
    valid: valid.map(({ field, min, max }) => ({ matches: glob(field), address: pair(min, max) })),
    deadband: deadband.map(({ field, band, everyUs }) => ({
      matches: glob(field),
      address: pair(band, everyUs ?? Number.POSITIVE_INFINITY),
    })),
  }
}

function writeCalibration({ by }: CalibrationPlan, arena: Arena): number {
  const { u32, f64 } = arena
  const table = 'table' in by ? by.table : []
  const address = arena.alloc(CALIBRATION_BYTES + table.length * POINT_BYTES)
  if ('scale' in by) {
    f64[(address + CALIBRATION_SCALE) >>> 3] = by.scale
    f64[(address + CALIBRATION_OFFSET) >>> 3] = by.offset
  } else {
    u32[(address + CALIBRATION_POINTS) >>> 2] = table.length
    u32[(address + CALIBRATION_CLIP) >>> 2] = by.clip ? 1 : 0
    f64.set(table.flat(), (address + CALIBRATION_TABLE) >>> 3)
  }
  return address
}
