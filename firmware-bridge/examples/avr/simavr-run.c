/* Runs a firmware on a simulated ATmega328P, its USART as a pseudo-terminal whose path is printed; ends on a signal. */
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>
#include <stdio.h>
#include <string.h>

#include "parts/uart_pty.h"

int main(int argc, char **argv) {
  static elf_firmware_t firmware;
  static uart_pty_t pty;
  avr_t *avr;
  if (argc != 2 || elf_read_firmware(argv[1], &firmware) != 0) {
    fprintf(stderr, "usage: %s firmware.elf\n", argv[0]);
    return 1;
  }
  avr = avr_make_mcu_by_name("atmega328p");
  if (!avr) return 1;
  avr_init(avr);
  avr->frequency = 16000000;
  avr_load_firmware(avr, &firmware);
  uart_pty_init(avr, &pty);
  uart_pty_connect(&pty, '0');
  printf("pty %s\n", pty.pty.slavename);
  fflush(stdout);
  for (;;) {
    int state = avr_run(avr);
    if (state == cpu_Done || state == cpu_Crashed) break;
  }
  uart_pty_stop(&pty);
  return 0;
}
