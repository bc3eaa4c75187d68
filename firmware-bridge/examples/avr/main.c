/* ATmega328P at 16 MHz, as on an Arduino Uno: USART0 at 115,200 baud, Timer 1 as the sample clock. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

#include "../app/app.h"

#define CPU_HZ 16000000ul
#define BAUD 115200ul

ISR(TIMER1_COMPA_vect) { app_tick(); }

void port_write(void *context, const uint8_t *bytes, size_t length) {
  (void)context;
  while (length-- > 0u) {
    while (!(UCSR0A & (1 << UDRE0))) {
    }
    UDR0 = *bytes++;
  }
}

uint32_t port_lock(void) {
  uint8_t state = SREG;
  cli();
  return state;
}

void port_unlock(uint32_t state) { SREG = (uint8_t)state; }

int main(void) {
  UCSR0A = 1 << U2X0;
  UBRR0 = (uint16_t)((CPU_HZ + 4 * BAUD) / (8 * BAUD) - 1);
  UCSR0B = 1 << TXEN0;
  UCSR0C = (1 << UCSZ01) | (1 << UCSZ00);
  TCCR1B = (1 << WGM12) | (1 << CS11) | (1 << CS10); /* clear on match, a 64th of the clock */
  OCR1A = (uint16_t)(CPU_HZ / 64 / APP_TICK_HZ - 1);
  TIMSK1 = 1 << OCIE1A;
  app_init(0);
  SMCR = 1 << SE; /* idle: timer and USART go on */
  sei();
  for (;;) {
    sleep_cpu();
    app_poll();
  }
}
