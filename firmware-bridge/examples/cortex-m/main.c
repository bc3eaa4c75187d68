/* LM3S6965 (Cortex-M3) at 12.5 MHz, its clock after reset: UART0, SysTick as the sample clock. No libc. */
#include "../app/app.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define UART0_DATA REGISTER(0x4000c000u)
#define UART0_FLAGS REGISTER(0x4000c018u)
#define UART0_CONTROL REGISTER(0x4000c030u)
#define UART_FULL (1u << 5)
#define SYSTICK_CONTROL REGISTER(0xe000e010u)
#define SYSTICK_RELOAD REGISTER(0xe000e014u)
#define SYSTICK_CURRENT REGISTER(0xe000e018u)
#define CPU_HZ 12500000u

void port_write(void *context, const uint8_t *bytes, size_t length) {
  (void)context;
  while (length-- > 0u) {
    while (UART0_FLAGS & UART_FULL) {
    }
    UART0_DATA = *bytes++;
  }
}

uint32_t port_lock(void) {
  uint32_t state;
  __asm volatile("mrs %0, primask\n cpsid i" : "=r"(state)::"memory");
  return state;
}

void port_unlock(uint32_t state) { __asm volatile("msr primask, %0" ::"r"(state) : "memory"); }

int main(void) {
  UART0_CONTROL = 0x301u; /* on, sending and receiving */
  app_init(0);
  SYSTICK_RELOAD = CPU_HZ / APP_TICK_HZ - 1u;
  SYSTICK_CURRENT = 0u;
  SYSTICK_CONTROL = 7u; /* on, with its interrupt, by the processor's clock */
  for (;;) {
    __asm volatile("wfi");
    app_poll();
  }
}

/* Start-up: what the linker script (lm3s6965.ld) laid out. */
extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[], stack_top[];

void reset(void) {
  uint32_t *from = data_load, *to = data_start;
  while (to < data_end) *to++ = *from++;
  for (to = bss_start; to < bss_end;) *to++ = 0u;
  (void)main();
}

static void hang(void) {
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static const struct {
  uint32_t *stack;
  void (*handlers[15])(void);
} vectors = {stack_top, {reset, hang, hang, hang, hang, hang, 0, 0, 0, 0, hang, hang, 0, hang, app_tick}};
