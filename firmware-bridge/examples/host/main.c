/*
 * The example's machine on a computer, to a serial device or pseudo-terminal: sensor DEVICE SECONDS
 * With a third argument, a number of bytes a second, one stream of full frames goes out at this rate (0: as fast as it can).
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../app/app.h"

static int line = -1;
static unsigned long sent_bytes;

void port_write(void *context, const uint8_t *bytes, size_t length) {
  (void)context;
  sent_bytes += length;
  while (length > 0u) {
    ssize_t taken = write(line, bytes, length);
    if (taken < 0) exit(2);
    bytes += taken;
    length -= (size_t)taken;
  }
}

uint32_t port_lock(void) { return 0u; }
void port_unlock(uint32_t state) { (void)state; }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_until(double at) {
  double left = at - now();
  struct timespec t;
  if (left <= 0) return;
  t.tv_sec = (time_t)left;
  t.tv_nsec = (long)((left - (double)t.tv_sec) * 1e9);
  nanosleep(&t, NULL);
}

/* Rows 0, 1, 2 ... of one counter, in microseconds of the monotonic clock. */
static void saturate(double seconds, double rate) {
  static const weir_field fields[1] = {{"n", "", WEIR_U32, 0, 1, 1}};
  static uint8_t frame[1024];
  weir_stream s;
  uint32_t n = 0;
  double start = now();
  (void)weir_stream_init(&s, 1, "load", fields, 1, 1000000u, 1u, 0, frame, sizeof frame, port_write, NULL);
  while (now() - start < seconds) {
    weir_begin(&s, n);
    while (weir_add(&s, (int32_t)n)) n++;
    (void)weir_end(&s);
    if (rate > 0) pause_until(start + (double)sent_bytes / rate);
  }
  printf("rows %lu bytes %lu\n", (unsigned long)n, sent_bytes);
}

int main(int argc, char **argv) {
  struct termios raw;
  double start, seconds;
  unsigned long ticks = 0;
  if (argc < 3) {
    fprintf(stderr, "usage: %s DEVICE SECONDS [BYTES_A_SECOND]\n", argv[0]);
    return 1;
  }
  line = open(argv[1], O_RDWR | O_NOCTTY);
  if (line < 0 || tcgetattr(line, &raw) != 0) {
    perror(argv[1]);
    return 1;
  }
  cfmakeraw(&raw);
  (void)tcsetattr(line, TCSANOW, &raw);
  seconds = atof(argv[2]);
  if (argc > 3) {
    saturate(seconds, atof(argv[3]));
  } else {
    app_init((uint16_t)getpid());
    start = now();
    while (now() - start < seconds) {
      for (; (double)ticks < (now() - start) * APP_TICK_HZ; ticks++) {
        app_tick();
        app_poll(); /* after each: a process may be paused for longer than the ring lasts */
      }
      pause_until(start + (double)(ticks + 1) / APP_TICK_HZ);
    }
    printf("ticks %lu bytes %lu\n", ticks, sent_bytes);
  }
  return tcdrain(line) == 0 ? 0 : 2;
}
