// What both load generators share: the messages, what their values sum to, and the orders by which they are sent.
//
// A message of device i % series is a PUBLISH of QoS 0 or 1 to sensors/d1xxxxx/data. Its time is when it was due, its
// temperatures are hundredths between 10 and 49.99, so that sums are exact. Shapes:
//
//   object   {"ts":1760000000123,"temp":21.53,"hum":40.2,"bat":3.712,"ok":true}
//   columns  {"ts":1760000000123,"temp":[21.53,…]}          samples values, evenly over the time to the next message
//   rows     [{"ts":1760000000123,"temp":21.53},…]          samples rows, likewise
//
// Orders are lines of stdin, `RATE SECONDS` (a rate of 0: as fast as it goes), each answered by a line of JSON when all of
// its messages are on their way. At the end of stdin a last line tells the sum of each device.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_PACKET_BYTES (64 + 40 * 1024)
#define MOST_SAMPLES 1000
#define PACKET_IDS 65535

enum shape { OBJECT, COLUMNS, ROWS };

/** What is to be sent. */
struct load {
  int qos;
  long series;
  enum shape shape;
  int samples;
  /** Of each device, hundredths. */
  int64_t *sums;
  /** Messages made so far. */
  long made;
};

/** One order: `rate` messages a second from `start` on, by the monotonic clock in seconds and the wall clock in ms. */
struct run {
  double rate, seconds, start;
  int64_t start_ms;
  long first, total;
  /** Messages by which it was behind at most. */
  long behind;
};

static inline double clock_s(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static inline double cpu_s(void) { return clock_s(CLOCK_PROCESS_CPUTIME_ID); }

static inline int fail(const char *what) {
  perror(what);
  exit(1);
}

static inline char *put_digits(char *at, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; i--, value /= 10) at[i] = '0' + value % 10;
  return at + digits;
}

static inline char *put_text(char *at, const char *text) {
  const size_t length = strlen(text);
  memcpy(at, text, length);
  return at + length;
}

/** The n-th temperature of message i, added to its device's sum. */
static inline char *put_temperature(struct load *load, char *at, long i, int n) {
  const int hundredths = 1000 + (i * 7919 + n * 31) % 4000;
  load->sums[i % load->series] += hundredths;
  at = put_digits(at, hundredths / 100, 2);
  *at++ = '.';
  return put_digits(at, hundredths % 100, 2);
}

/** Writes the next payload; `step_ms` is the time to the device's next message. */
static inline char *put_payload(struct load *load, char *at, int64_t ms, double step_ms) {
  const long i = load->made;
  if (load->shape == ROWS) {
    for (int n = 0; n < load->samples; n++) {
      at = put_text(at, n ? ",{\"ts\":" : "[{\"ts\":");
      at = put_digits(at, ms + (int64_t)(step_ms * n / load->samples), 13);
      at = put_text(at, ",\"temp\":");
      at = put_temperature(load, at, i, n);
      *at++ = '}';
    }
    *at++ = ']';
    return at;
  }
  at = put_text(at, "{\"ts\":");
  at = put_digits(at, ms, 13);
  at = put_text(at, load->shape == COLUMNS ? ",\"temp\":[" : ",\"temp\":");
  for (int n = 0; n < load->samples; n++) {
    if (n) *at++ = ',';
    at = put_temperature(load, at, i, n);
  }
  if (load->shape == COLUMNS) return put_text(at, "]}");
  at = put_text(at, ",\"hum\":");
  at = put_digits(at, 40 + i % 30, 2);
  *at++ = '.';
  at = put_digits(at, i % 10, 1);
  at = put_text(at, ",\"bat\":3.");
  at = put_digits(at, i % 1000, 3);
  return put_text(at, ",\"ok\":true}");
}

/** Writes the next PUBLISH, at most MOST_PACKET_BYTES, and returns where it ends. */
static inline uint8_t *put_packet(struct load *load, const struct run *run, uint8_t *at) {
  static char payload[MOST_PACKET_BYTES];
  const long i = load->made, nth = i - run->first;
  const int64_t ms = run->rate > 0 ? run->start_ms + (int64_t)(nth * 1000.0 / run->rate) : (int64_t)(clock_s(CLOCK_REALTIME) * 1000);
  const double step_ms = run->rate > 0 ? load->series * 1000.0 / run->rate : 0;
  const size_t length = put_payload(load, payload, ms, step_ms) - payload;
  size_t rest = 2 + 20 + (load->qos ? 2 : 0) + length;
  *at++ = 0x30 | load->qos << 1;
  do {
    *at++ = (rest & 127) | (rest > 127 ? 128 : 0);
    rest >>= 7;
  } while (rest);
  *at++ = 0;
  *at++ = 20;
  char *topic = put_digits(put_text((char *)at, "sensors/d1"), i % load->series, 5);
  at = (uint8_t *)put_text(topic, "/data");
  if (load->qos) {
    const int id = i % PACKET_IDS + 1;
    *at++ = id >> 8;
    *at++ = id & 255;
  }
  memcpy(at, payload, length);
  load->made++;
  return at + length;
}

/** Messages that are due by now and were not sent yet. */
static inline long due(const struct load *load, struct run *run) {
  const double elapsed = clock_s(CLOCK_MONOTONIC) - run->start;
  const long sent = load->made - run->first;
  if (run->rate == 0) return elapsed < run->seconds ? 1000 : 0;
  long now = (long)(elapsed * run->rate);
  if (now > run->total) now = run->total;
  if (now - sent > run->behind) run->behind = now - sent;
  return now - sent;
}

static inline int over(const struct load *load, const struct run *run) {
  if (run->rate == 0) return clock_s(CLOCK_MONOTONIC) - run->start >= run->seconds;
  return load->made - run->first >= run->total;
}

/** Reads SERIES QOS SHAPE SAMPLES. */
static inline struct load load_of(char **words) {
  struct load load = {.series = atol(words[0]), .qos = atoi(words[1]), .samples = atoi(words[3])};
  load.shape = words[2][0] == 'o' ? OBJECT : words[2][0] == 'c' ? COLUMNS : ROWS;
  if (load.series < 1 || load.series > 100000 || load.samples < 1 || load.samples > MOST_SAMPLES) exit(64);
  load.sums = calloc(load.series, sizeof *load.sums);
  return load;
}

/** Waits for the next order; false at the end of stdin, after the sums were told. */
static inline int next_run(const struct load *load, struct run *run) {
  char line[64];
  if (!fgets(line, sizeof line, stdin)) {
    printf("{\"sums\":[");
    for (long d = 0; d < load->series; d++) printf("%s%lld", d ? "," : "", (long long)load->sums[d]);
    printf("]}\n");
    return 0;
  }
  *run = (struct run){.first = load->made, .start = clock_s(CLOCK_MONOTONIC), .start_ms = clock_s(CLOCK_REALTIME) * 1000};
  if (sscanf(line, "%lf %lf", &run->rate, &run->seconds) != 2) exit(64);
  run->total = run->rate * run->seconds;
  return 1;
}

static inline void tell(const struct load *load, const struct run *run, double cpu) {
  printf("{\"sent\":%ld,\"seconds\":%.4f,\"behind\":%ld,\"cpuUs\":%.0f}\n", load->made - run->first,
         clock_s(CLOCK_MONOTONIC) - run->start, run->behind, cpu * 1e6);
  fflush(stdout);
}

static inline void prepare(int socket) {
  const int one = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
}

static inline struct sockaddr_in loopback(int port) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/** Waits for the socket, `seconds` at most; true when one of `events` came. */
static inline int wait_for(int socket, short events, double seconds) {
  struct pollfd poll = {.fd = socket, .events = events};
  const struct timespec timeout = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (time_t)seconds) * 1e9)};
  return ppoll(&poll, 1, &timeout, NULL) > 0;
}
