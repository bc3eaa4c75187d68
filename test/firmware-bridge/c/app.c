/*
 * The examples' app.c without a board: app START_TICKS STALL_TICKS. Runs 1 s from START_TICKS on, then STALL_TICKS in which
 * the main loop does nothing, then 2 s; prints the bytes sent in hexadecimal.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../../firmware-bridge/examples/app/app.c"

void port_write(void *context, const uint8_t *bytes, size_t length) {
  (void)context;
  while (length-- > 0u) printf("%02x", *bytes++);
}

uint32_t port_lock(void) { return 0u; }
void port_unlock(uint32_t state) { (void)state; }

static void pass(uint32_t ticks, int polled) {
  while (ticks-- > 0u) {
    app_tick();
    if (polled) app_poll();
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 1;
  app_init(0);
  now_ticks = first_ticks = next_temperature = (uint32_t)strtoul(argv[1], 0, 10);
  pass(1000, 1);
  pass((uint32_t)strtoul(argv[2], 0, 10), 0);
  pass(2000, 1);
  return 0;
}
