/* Prints what the library sends for the golden streams, in hexadecimal: a line for each stream. */
#include <stdio.h>

#include "../../../firmware-bridge/c/weir_bridge.h"

static void print(void *context, const uint8_t *bytes, size_t length) {
  (void)context;
  while (length-- > 0u) printf("%02x", *bytes++);
}

static uint8_t buffer[WEIR_MESSAGE_MAX];

static void begin(weir_stream *s, uint8_t stream, const char *name, const weir_field *fields, uint8_t count, uint32_t rate,
                  uint32_t period, uint16_t boot) {
  if (weir_stream_init(s, stream, name, fields, count, rate, period, boot, buffer, sizeof buffer, print, 0) != WEIR_OK)
    printf("refused");
}

int main(void) {
  weir_stream s;
  int32_t i, r;
  {
    static const weir_field fields[1] = {{"temp", "°C", WEIR_U16, -27315, 1, 100}};
    int32_t raw = 29465;
    begin(&s, 2, "temperature", fields, 1, 1000, 0, 0);
    (void)weir_send(&s, 0, &raw);
    raw = 0;
    s.sequence = 65535;
    s.described_ticks = 4294967295u;
    (void)weir_send(&s, 4294967295u, &raw);
    printf("\n");
  }
  {
    static const weir_field fields[3] = {
        {"acc_x", "g", WEIR_I16, 0, 1, 2048}, {"acc_y", "g", WEIR_I16, 0, 1, 2048}, {"acc_z", "g", WEIR_I16, 0, 1, 2048}};
    static const int32_t rows[9] = {0, -1, 2048, 1, -2, 2049, 32767, -32768, 0};
    begin(&s, 1, "vibration", fields, 3, 1000000, 100, 7);
    weir_begin(&s, 0);
    for (i = 0; i < 9; i++) (void)weir_add(&s, rows[i]);
    (void)weir_end(&s);
    s.sequence = 258;
    weir_begin(&s, 66051);
    for (i = 0; i < 100; i++) {
      (void)weir_add(&s, i);
      (void)weir_add(&s, -i);
      (void)weir_add(&s, 2048);
    }
    (void)weir_end(&s);
    printf("\n");
  }
  {
    static const weir_field fields[7] = {
        {"a", "", WEIR_U8, 0, 1, 1},
        {"b", "m/s²", WEIR_I8, -1, -1, 3},
        {"c", "uuuuuuuuuuuuuuuu", WEIR_U16, 0, 1, 1},
        {"d", NULL, WEIR_I16, 0, 1, 1},
        {"e", "", WEIR_U32, 2147483647, 2147483647, 4294967295u},
        {"ffffffffffffffffffffffffffffffff", "", WEIR_I32, -2147483647 - 1, -2147483647 - 1, 1},
        {"g", "", WEIR_F32, 0, 1, 1}};
    static const int32_t low[6] = {0, -128, 0, -32768, 0, -2147483647 - 1};
    static const int32_t high[6] = {255, 127, 65535, 32767, -1, 2147483647};
    begin(&s, 255, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", fields, 7, 4294967295u, 4294967295u, 65535);
    s.sequence = 1;
    weir_begin(&s, 2);
    for (i = 0; i < 6; i++) (void)weir_add(&s, low[i]);
    (void)weir_add_f32(&s, -0.5f);
    for (i = 0; i < 6; i++) (void)weir_add(&s, high[i]);
    (void)weir_add_f32(&s, 1.5f);
    (void)weir_end(&s);
    printf("\n");
  }
  {
    static const char names[16][2] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"};
    static weir_field fields[16];
    for (i = 0; i < 16; i++) {
      fields[i].name = names[i];
      fields[i].type = WEIR_U8;
      fields[i].multiplier = 1;
      fields[i].divisor = 1;
    }
    begin(&s, 0, "x", fields, 16, 1, 1, 1);
    s.sequence = 257;
    weir_begin(&s, 16843009);
    for (r = 0; r < 40; r++)
      for (i = 0; i < 16; i++) (void)weir_add(&s, 1 + (i + r) % 255);
    (void)weir_end(&s);
    printf("\n");
  }
  return 0;
}
