import { newFrameLedger, newPointLedger, newSampleLedger, newWireCounts } from '../../src/model/ledger.js'
import type { Status } from '../../src/model/status.js'

/** A status with one source, one window and one sink, whose ledger balances. */
export function exampleStatus(changes: Partial<Status> = {}): Status {
  return {
    version: '1.2.3',
    gateway: 'hall-3',
    startedUs: 1_700_000_000_000_000,
    ready: true,
    batch: { number: 40, atUs: 1_700_000_010_000_000 },
    series: 2,
    maxSeries: 10_000,
    devices: 1,
    clock: { isTrue: true, steps: 0, lastStepAtUs: null, lastStepUs: null },
    memory: { slabBytes: 65_536, slabFreeBytes: 61_440 },
    pool: { workers: 1, tasks: 3, chunks: 12, inline: 7, ahead: 32, roundTripMs: 0.4, aheadNs: 12, sharedNs: 7 },
    sources: [
      {
        name: 'plant',
        type: 'mqtt',
        link: { state: 'up', sinceUs: 1_700_000_000_000_000, attempts: 1 },
        frames: { ...newFrameLedger(), in: 12_345, decoded: 12_340, undecodable: 5 },
        samples: { ...newSampleLedger(), decoded: 24_680, reduced: 24_600, late: 80 },
        lostBytes: 0,
        wire: { ...newWireCounts(), crc: 2, resyncs: 1 },
        watermarkUs: 1_700_000_009_000_000,
        lastArrivalUs: 1_700_000_009_500_000,
        skewMs: 12,
        details: {},
      },
    ],
    windows: [
      {
        name: 'second',
        openPanes: 2,
        lines: 10,
        corrections: 1,
        late: 80,
        rejected: 0,
        lost: 0,
        notFinite: 0,
        units: { temp_mean: ['°C'] },
      },
    ],
    sinks: [
      {
        name: 'db',
        type: 'influxdb',
        state: 'up',
        sinceUs: 1_700_000_000_000_000,
        points: { ...newPointLedger(), emitted: 10, delivered: 8, givenUp: 2 },
        untimed: 0,
        spoolBytes: 0,
        oldestUs: null,
        backlog: false,
        queuedBytes: 0,
      },
    ],
    kept: {
      durability: 'process',
      journalBytes: 4096,
      checkpointBatch: 38,
      checkpointAtUs: 1_700_000_009_000_000,
      checkpointBytes: 8192,
      pauseMs: 0.5,
      longestPauseMs: 1.5,
      stateDirBytes: 65_536,
      unwrittenFrames: 0,
      setAside: 0,
      recovery: { ms: 12, frameBytes: 1024 },
    },
    alarms: [],
    ...changes,
  }
}
