import type { Status } from '../model/status.js'

/** A metric's values with their labels. */
export type Values = [labels: Record<string, string>, value: number][]

/** One metric as computed from the status. */
export interface Metric {
  name: string
  kind: 'counter' | 'gauge'
  help: string
  labels: string[]
  /** The values now; nothing is kept between scrapes. */
  values(status: Status, nowUs: number): Values
}

const one = (value: number): Values => [[{}, value]]
const seconds = (us: number): number => us / 1e6

/** A value for each fate of a ledger; its left side, what came in, has a metric of its own. */
function fates(labels: Record<string, string>, ledger: object, except: string): Values {
  return Object.entries(ledger)
    .filter(([fate]) => fate !== except && fate !== 'pending' && fate !== 'spooled')
    .map(([fate, count]) => [
      { ...labels, fate: fate.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) },
      count,
    ])
}

const perSource = (status: Status, value: (source: Status['sources'][number]) => number | null): Values =>
  status.sources.flatMap((source) => {
    const number = value(source)
    return number === null ? [] : [[{ source: source.name }, number] as Values[number]]
  })

const perWindow = (status: Status, value: (window: Status['windows'][number]) => number): Values =>
  status.windows.map((window) => [{ window: window.name }, value(window)])

const perSink = (status: Status, value: (sink: Status['sinks'][number]) => number): Values =>
  status.sinks.map((sink) => [{ sink: sink.name }, value(sink)])

/** Every metric, by its name in Prometheus. */
export const metrics: readonly Metric[] = [
  {
    name: 'weir_info',
    kind: 'gauge',
    help: 'Always 1; version and gateway are its labels.',
    labels: ['version', 'gateway'],
    values: ({ version, gateway }) => [[{ version, gateway }, 1]],
  },
  {
    name: 'weir_start_time_seconds',
    kind: 'gauge',
    help: 'When this gateway started, since the Unix epoch.',
    labels: [],
    values: ({ startedUs }) => one(seconds(startedUs)),
  },
  {
    name: 'weir_ready',
    kind: 'gauge',
    help: '1 once sources and sinks are started; links may be down.',
    labels: [],
    values: ({ ready }) => one(Number(ready)),
  },
  {
    name: 'weir_frames_in_total',
    kind: 'counter',
    help: 'Frames that arrived.',
    labels: ['source'],
    values: (status) => perSource(status, ({ frames }) => frames.in),
  },
  {
    name: 'weir_frames_total',
    kind: 'counter',
    help: 'Frames by what became of them.',
    labels: ['source', 'fate'],
    values: ({ sources }) => sources.flatMap(({ name, frames }) => fates({ source: name }, frames, 'in')),
  },
  {
    name: 'weir_frames_pending',
    kind: 'gauge',
    help: 'Frames taken and not decoded yet.',
    labels: ['source'],
    values: (status) => perSource(status, ({ frames }) => frames.pending),
  },
  {
    name: 'weir_samples_decoded_total',
    kind: 'counter',
    help: 'Samples read from frames.',
    labels: ['source'],
    values: (status) => perSource(status, ({ samples }) => samples.decoded),
  },
  {
    name: 'weir_samples_total',
    kind: 'counter',
    help: 'Samples by what became of them.',
    labels: ['source', 'fate'],
    values: ({ sources }) => sources.flatMap(({ name, samples }) => fates({ source: name }, samples, 'decoded')),
  },
  {
    name: 'weir_samples_pending',
    kind: 'gauge',
    help: 'Samples decoded and not reduced yet.',
    labels: ['source'],
    values: (status) => perSource(status, ({ samples }) => samples.pending),
  },
  {
    name: 'weir_lost_bytes_total',
    kind: 'counter',
    help: 'Bytes lost before they were frames.',
    labels: ['source'],
    values: (status) => perSource(status, ({ lostBytes }) => lostBytes),
  },
  {
    name: 'weir_wire_total',
    kind: 'counter',
    help: 'What went wrong on the wire, before there were frames.',
    labels: ['source', 'what'],
    values: ({ sources }) =>
      sources.flatMap(({ name, wire }) =>
        Object.entries(wire).map(([what, count]) => [{ source: name, what }, count] as Values[number]),
      ),
  },
  {
    name: 'weir_link_up',
    kind: 'gauge',
    help: '1 while the link of the source is up.',
    labels: ['source'],
    values: (status) => perSource(status, ({ link }) => Number(link.state === 'up')),
  },
  {
    name: 'weir_link_attempts_total',
    kind: 'counter',
    help: 'Times the link of the source was opened or tried.',
    labels: ['source'],
    values: (status) => perSource(status, ({ link }) => link.attempts),
  },
  {
    name: 'weir_source_lag_seconds',
    kind: 'gauge',
    help: 'How far the watermark of the source is behind now; absent before its first sample.',
    labels: ['source'],
    values: (status, nowUs) =>
      perSource(status, ({ watermarkUs }) => (watermarkUs === null ? null : seconds(nowUs - watermarkUs))),
  },
  {
    name: 'weir_source_last_arrival_seconds',
    kind: 'gauge',
    help: 'When the last sample of the source arrived, since the Unix epoch; absent before it and for finite sources.',
    labels: ['source'],
    values: (status) =>
      perSource(status, ({ lastArrivalUs }) => (lastArrivalUs === null ? null : seconds(lastArrivalUs))),
  },
  {
    name: 'weir_window_open_panes',
    kind: 'gauge',
    help: 'Panes of the window that still take rows.',
    labels: ['window'],
    values: (status) => perWindow(status, ({ openPanes }) => openPanes),
  },
  {
    name: 'weir_window_lines_total',
    kind: 'counter',
    help: 'Points written by the window, corrections included.',
    labels: ['window'],
    values: (status) => perWindow(status, ({ lines }) => lines),
  },
  {
    name: 'weir_window_corrections_total',
    kind: 'counter',
    help: 'Points written again since late rows corrected them.',
    labels: ['window'],
    values: (status) => perWindow(status, ({ corrections }) => corrections),
  },
  {
    name: 'weir_window_late_total',
    kind: 'counter',
    help: 'Rows too late for the window.',
    labels: ['window'],
    values: (status) => perWindow(status, ({ late }) => late),
  },
  {
    name: 'weir_window_rejected_total',
    kind: 'counter',
    help: 'Rows the window had no room for.',
    labels: ['window'],
    values: (status) => perWindow(status, ({ rejected }) => rejected),
  },
  {
    name: 'weir_window_lost_total',
    kind: 'counter',
    help: 'Rows in windows that began before the start and were not written.',
    labels: ['window'],
    values: (status) => perWindow(status, ({ lost }) => lost),
  },
  {
    name: 'weir_window_not_finite_total',
    kind: 'counter',
    help: 'Values left out of points since they were NaN or infinite.',
    labels: ['window'],
    values: (status) => perWindow(status, ({ notFinite }) => notFinite),
  },
  {
    name: 'weir_points_emitted_total',
    kind: 'counter',
    help: 'Points handed to the sink.',
    labels: ['sink'],
    values: (status) => perSink(status, ({ points }) => points.emitted),
  },
  {
    name: 'weir_points_total',
    kind: 'counter',
    help: 'Points by what became of them.',
    labels: ['sink', 'fate'],
    values: ({ sinks }) => sinks.flatMap(({ name, points }) => fates({ sink: name }, points, 'emitted')),
  },
  {
    name: 'weir_points_spooled',
    kind: 'gauge',
    help: 'Points waiting for the sink.',
    labels: ['sink'],
    values: (status) => perSink(status, ({ points }) => points.spooled),
  },
  {
    name: 'weir_sink_up',
    kind: 'gauge',
    help: '1 while the sink takes what it is sent.',
    labels: ['sink'],
    values: (status) => perSink(status, ({ state }) => Number(state === 'up')),
  },
  {
    name: 'weir_sink_queued_bytes',
    kind: 'gauge',
    help: 'Bytes waiting for the sink.',
    labels: ['sink'],
    values: (status) => perSink(status, ({ queuedBytes }) => queuedBytes),
  },
  {
    name: 'weir_spool_bytes',
    kind: 'gauge',
    help: 'Bytes of the spool on disk.',
    labels: ['sink'],
    values: (status) => perSink(status, ({ spoolBytes }) => spoolBytes),
  },
  {
    name: 'weir_points_untimed',
    kind: 'gauge',
    help: 'Points that wait until the wall clock is right, among those spooled.',
    labels: ['sink'],
    values: (status) => perSink(status, ({ untimed }) => untimed),
  },
  {
    name: 'weir_spool_age_seconds',
    kind: 'gauge',
    help: 'Since the oldest point that waits was emitted.',
    labels: ['sink'],
    values: (status, nowUs) => perSink(status, ({ oldestUs }) => (oldestUs === null ? 0 : (nowUs - oldestUs) / 1e6)),
  },
  {
    name: 'weir_spool_backlog',
    kind: 'gauge',
    help: '1 while points of an outage are sent beside those of now.',
    labels: ['sink'],
    values: (status) => perSink(status, ({ backlog }) => Number(backlog)),
  },
  {
    name: 'weir_journal_bytes',
    kind: 'gauge',
    help: 'Bytes of the journal.',
    labels: [],
    values: ({ kept }) => one(kept?.journalBytes ?? 0),
  },
  {
    name: 'weir_checkpoint_age_seconds',
    kind: 'gauge',
    help: 'Since the state of the windows was last kept.',
    labels: [],
    values: ({ kept }, nowUs) => (kept?.checkpointAtUs ? one((nowUs - kept.checkpointAtUs) / 1e6) : []),
  },
  {
    name: 'weir_checkpoint_bytes',
    kind: 'gauge',
    help: 'Bytes of the checkpoint.',
    labels: [],
    values: ({ kept }) => one(kept?.checkpointBytes ?? 0),
  },
  {
    name: 'weir_checkpoint_pause_seconds',
    kind: 'gauge',
    help: 'How long the last checkpoint held the line up.',
    labels: [],
    values: ({ kept }) => one((kept?.pauseMs ?? 0) / 1000),
  },
  {
    name: 'weir_state_written_bytes_total',
    kind: 'counter',
    help: 'Bytes written to stateDir.',
    labels: [],
    values: ({ kept }) => one(kept?.stateDirBytes ?? 0),
  },
  {
    name: 'weir_frames_unwritten_total',
    kind: 'counter',
    help: 'Bursts of frames that the journal could not take.',
    labels: [],
    values: ({ kept }) => one(kept?.unwrittenFrames ?? 0),
  },
  {
    name: 'weir_set_aside_total',
    kind: 'counter',
    help: 'Damaged files of kept state that were moved away.',
    labels: [],
    values: ({ kept }) => one(kept?.setAside ?? 0),
  },
  {
    name: 'weir_batches_total',
    kind: 'counter',
    help: 'Batches so far.',
    labels: [],
    values: ({ batch }) => one(batch.number),
  },
  {
    name: 'weir_series',
    kind: 'gauge',
    help: 'Series in the table.',
    labels: [],
    values: ({ series }) => one(series),
  },
  {
    name: 'weir_series_limit',
    kind: 'gauge',
    help: 'Series the table has room for.',
    labels: [],
    values: ({ maxSeries }) => one(maxSeries),
  },
  {
    name: 'weir_devices',
    kind: 'gauge',
    help: 'Devices seen: sources with their tag sets.',
    labels: [],
    values: ({ devices }) => one(devices),
  },
  {
    name: 'weir_slab_bytes',
    kind: 'gauge',
    help: 'Memory for the states of windows.',
    labels: [],
    values: ({ memory }) => one(memory.slabBytes),
  },
  {
    name: 'weir_slab_free_bytes',
    kind: 'gauge',
    help: 'Memory for the states of windows that is free.',
    labels: [],
    values: ({ memory }) => one(memory.slabFreeBytes),
  },
  {
    name: 'weir_pool_tasks_total',
    kind: 'counter',
    help: 'Tasks given to the worker pool.',
    labels: [],
    values: ({ pool }) => one(pool.tasks),
  },
  {
    name: 'weir_pool_chunks_total',
    kind: 'counter',
    help: 'Chunks reduced, by who ran them.',
    labels: ['by'],
    values: ({ pool }) => [
      [{ by: 'pool' }, pool.chunks - pool.inline],
      [{ by: 'inline' }, pool.inline],
    ],
  },
  {
    name: 'weir_pool_ahead_total',
    kind: 'counter',
    help: 'Series of due windows computed with workers.',
    labels: [],
    values: ({ pool }) => one(pool.ahead),
  },
  {
    name: 'weir_pool_round_trip_seconds',
    kind: 'gauge',
    help: 'Handing a task to a worker and back, without the work.',
    labels: [],
    values: ({ pool }) => (pool.roundTripMs === null ? [] : one(pool.roundTripMs / 1000)),
  },
  {
    name: 'weir_clock_true',
    kind: 'gauge',
    help: '1: the wall clock is known to be right; 0: points timed by arrival wait.',
    labels: [],
    values: ({ clock }) => one(clock.isTrue ? 1 : 0),
  },
  {
    name: 'weir_clock_steps_total',
    kind: 'counter',
    help: 'Times that the wall clock was set while weir looked.',
    labels: [],
    values: ({ clock }) => one(clock.steps),
  },
  {
    name: 'weir_alarms',
    kind: 'gauge',
    help: 'Alarms that need a person; /status has their words.',
    labels: [],
    values: ({ alarms }) => one(alarms.length),
  },
  {
    name: 'process_cpu_seconds_total',
    kind: 'counter',
    help: 'CPU time of the process, user and system.',
    labels: [],
    values() {
      const { user, system } = process.cpuUsage()
      return one(seconds(user + system))
    },
  },
  {
    name: 'weir_wakeups_total',
    kind: 'counter',
    help: 'Times that a thread of the process slept and was woken.',
    labels: [],
    values: () => one(process.resourceUsage().voluntaryContextSwitches),
  },
  {
    name: 'process_resident_memory_bytes',
    kind: 'gauge',
    help: 'Resident memory of the process.',
    labels: [],
    values: () => one(process.memoryUsage.rss()),
  },
  {
    name: 'nodejs_heap_size_used_bytes',
    kind: 'gauge',
    help: 'Used heap of Node.',
    labels: [],
    values: () => one(process.memoryUsage().heapUsed),
  },
]
