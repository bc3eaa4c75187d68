/* What every example measures: a shaking machine in three axes, and its temperature. The port below it is the board. */
#ifndef APP_H
#define APP_H

#include <stdint.h>

#include "../../c/weir_bridge.h"

#define APP_TICK_HZ 1000u       /* the board calls app_tick so often */
#define APP_PERIOD 2u           /* ticks between two samples of vibration: 500 Hz */
#define APP_ROWS 50u            /* rows a frame: ten frames a second */
#define APP_TEMPERATURE 1000u   /* ticks between two temperatures */
#define APP_RING 128u           /* samples of vibration that may wait for app_poll */

/* The board. */
void port_write(void *context, const uint8_t *bytes, size_t length); /* to the serial line, waiting for room */
uint32_t port_lock(void);             /* no app_tick until port_unlock; the value goes back to it */
void port_unlock(uint32_t state);

void app_init(uint16_t boot);
void app_tick(void); /* from the timer's interrupt */
void app_poll(void); /* from the main loop, between sleeps */

#endif
