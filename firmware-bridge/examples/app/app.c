#include "app.h"

/* A quarter of a sine, so that every board, and whoever checks it, computes the same. */
static const uint8_t quarter[17] = {0, 12, 25, 37, 49, 60, 71, 81, 90, 98, 106, 112, 117, 122, 125, 126, 127};

static int16_t sine(uint8_t step) {
  uint8_t in_quarter = step & 15u;
  int16_t value = (step & 16u) ? quarter[16u - in_quarter] : quarter[in_quarter];
  return (step & 32u) ? (int16_t)-value : value;
}

static const weir_field vibration_fields[3] = {
    {"acc_x", "g", WEIR_I16, 0, 1, 2048},
    {"acc_y", "g", WEIR_I16, 0, 1, 2048},
    {"acc_z", "g", WEIR_I16, 0, 1, 2048},
};
static const weir_field temperature_fields[1] = {{"temp", "°C", WEIR_U16, -27315, 1, 100}};

static weir_stream vibration;
static weir_stream temperature;
static uint8_t frame[10u + 4u + 6u * APP_ROWS];

/* Samples from the interrupt to the main loop: a ring, its ends counted without end. */
static volatile uint16_t taken, kept;
static volatile uint8_t overrun;      /* a sample found no room: what follows is not a period behind what is kept */
static volatile uint32_t first_ticks; /* of the sample that `kept` stands at */
static volatile uint32_t now_ticks;
static uint32_t next_temperature;
static uint8_t warmer; /* hundredths of a degree */

void app_init(uint16_t boot) {
  (void)weir_stream_init(&vibration, 1, "vibration", vibration_fields, 3, APP_TICK_HZ, APP_PERIOD, boot, frame,
                         sizeof frame, port_write, 0);
  (void)weir_stream_init(&temperature, 2, "temperature", temperature_fields, 1, APP_TICK_HZ, 0, boot, frame,
                         sizeof frame, port_write, 0);
}

void app_tick(void) {
  if (now_ticks % APP_PERIOD == 0u) {
    if ((uint16_t)(taken - kept) >= APP_RING) overrun = 1u;
    if (!overrun) taken++;
  }
  now_ticks++;
}

/* Sample n, in 1/2048 g: what a sensor would be asked for. Each axis turns at its own speed; z carries gravity. */
static int16_t sample(uint32_t n, uint8_t axis) {
  int16_t shake = (int16_t)(sine((uint8_t)(n * (axis + 1u))) * 4);
  return axis == 2u ? (int16_t)(shake + 2048) : shake;
}

/* Sets aside the last samples before a gap, too few for a frame, and begins with the next one at its own time. */
static void restart_after_overrun(void) {
  uint32_t state = port_lock();
  if (overrun) {
    kept = taken;
    first_ticks = now_ticks + (APP_PERIOD - now_ticks % APP_PERIOD) % APP_PERIOD;
    overrun = 0u;
  }
  port_unlock(state);
}

static void send_vibration(void) {
  uint32_t state = port_lock();
  uint32_t ticks = first_ticks;
  uint8_t enough = (uint16_t)(taken - kept) >= APP_ROWS;
  uint16_t row;
  uint8_t axis;
  port_unlock(state);
  if (!enough) {
    restart_after_overrun();
    return;
  }
  weir_begin(&vibration, ticks);
  for (row = 0; row < APP_ROWS; row++)
    for (axis = 0; axis < 3u; axis++) (void)weir_add(&vibration, sample(ticks / APP_PERIOD + row, axis));
  (void)weir_end(&vibration);
  state = port_lock();
  kept = (uint16_t)(kept + APP_ROWS);
  first_ticks = ticks + APP_ROWS * APP_PERIOD;
  port_unlock(state);
}

static void send_temperature(void) {
  uint32_t state = port_lock();
  uint32_t ticks = now_ticks;
  int32_t raw;
  port_unlock(state);
  if ((int32_t)(ticks - next_temperature) < 0) return; /* by their difference: ticks wrap after 49.7 days */
  /* 21.50 °C and a hundredth more each second, in hundredths of a kelvin. */
  raw = 29465 + (int32_t)warmer;
  warmer = (uint8_t)((warmer + 1u) % 100u);
  (void)weir_send(&temperature, next_temperature, &raw);
  next_temperature += APP_TEMPERATURE;
}

void app_poll(void) {
  send_vibration();
  send_temperature();
}
