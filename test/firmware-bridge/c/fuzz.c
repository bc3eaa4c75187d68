/*
 * Random streams and random calls from a seed: fuzz SEED STREAMS. For each stream it prints a line of what it asked for and
 * a line of the bytes sent. Every buffer has canaries on both sides; a changed one ends the program with 3. A stream that was
 * refused gets the calls, too, and ends the program with 6 where one of them did or sent anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../firmware-bridge/c/weir_bridge.h"

static uint32_t state;
static uint32_t draw(uint32_t below) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state % below;
}

#define CANARY 32u
static uint8_t sent[1 << 20];
static size_t sent_length;
static void keep(void *context, const uint8_t *bytes, size_t length) {
  if (context != &state || length == 0u || length > 254u || sent_length + length > sizeof sent) exit(4);
  memcpy(sent + sent_length, bytes, length);
  sent_length += length;
}

static void guard(const uint8_t *area, size_t bytes) {
  size_t i;
  for (i = 0; i < CANARY; i++)
    if (area[i] != 0xc5u || area[CANARY + bytes + i] != 0xc5u) exit(3);
}

static const uint8_t widths[8] = {0, 1, 1, 2, 2, 4, 4, 4};

int main(int argc, char **argv) {
  uint32_t streams, n;
  if (argc != 3) return 1;
  state = (uint32_t)strtoul(argv[1], 0, 10) | 1u;
  streams = (uint32_t)strtoul(argv[2], 0, 10);
  for (n = 0; n < streams; n++) {
    char names[17][34];
    weir_field fields[17];
    weir_stream s;
    uint8_t count = (uint8_t)(draw(20) == 0u ? draw(18) : 1u + draw(5));
    size_t bytes = draw(3) == 0u ? draw(4200) : 40u + draw(600);
    uint8_t *area = malloc(bytes + 2u * CANARY);
    uint32_t period = draw(3) == 0u ? 0u : draw(1000);
    uint32_t rate = draw(50) == 0u ? 0u : 1u + draw(100000);
    uint32_t ticks = state;
    uint8_t i;
    uint32_t calls = draw(60);
    weir_result result;
    memset(area, 0xc5, bytes + 2u * CANARY);
    for (i = 0; i < 17u; i++) {
      size_t length = draw(40) == 0u ? draw(34) : 1u + draw(8);
      memset(names[i], 'a' + i, length);
      names[i][length] = '\0';
      fields[i].name = names[i];
      fields[i].unit = draw(2) ? "mm/s" : 0;
      fields[i].type = (uint8_t)(draw(60) == 0u ? draw(10) : 1u + draw(7));
      fields[i].offset = (int32_t)state;
      fields[i].multiplier = (int32_t)draw(60);
      fields[i].divisor = draw(60);
      if (draw(20)) fields[i].multiplier++, fields[i].divisor++;
    }
    sent_length = 0;
    memset(&s, 0xa5, sizeof s);
    result = weir_stream_init(&s, (uint8_t)n, "fuzz", fields, count, rate, period, (uint16_t)draw(65536), area + CANARY,
                              bytes, keep, &state);
    guard(area, bytes);
    printf("%d %u:", (int)result, (unsigned)(period == 0u));
    if (result == WEIR_OK) {
      uint8_t in_row = 0;
      int begun = 0;
      while (calls-- > 0u) {
        switch (draw(8)) {
          case 0:
            weir_describe(&s, ticks);
            begun = 0;
            break;
          case 1:
            printf(weir_end(&s) ? " end" : " none");
            begun = 0;
            break;
          case 2:
            ticks += draw(1u << draw(24));
            weir_begin(&s, ticks);
            printf(" begin,%lu", (unsigned long)ticks);
            begun = 1;
            in_row = 0;
            break;
          default: {
            uint32_t adds = draw(3u * count + 2u);
            while (adds-- > 0u) {
              int32_t raw = (int32_t)(state >> draw(32));
              uint16_t room = weir_room(&s);
              int added = weir_add(&s, raw);
              if (added != (begun && (in_row > 0u || room > 0u))) exit(5);
              if (!added) break;
              printf(" %lu", (unsigned long)((uint32_t)raw & (0xffffffffu >> (32u - 8u * widths[fields[in_row].type]))));
              in_row = (uint8_t)((in_row + 1u) % count);
            }
          }
        }
        guard(area, bytes);
      }
    } else {
      static const int32_t row[WEIR_FIELDS_MAX];
      weir_describe(&s, ticks);
      weir_begin(&s, ticks);
      if (weir_room(&s) || weir_add(&s, 1) || weir_end(&s) || (count <= WEIR_FIELDS_MAX && weir_send(&s, ticks, row))) exit(6);
      if (sent_length > 0u) exit(6);
      guard(area, bytes);
    }
    printf("\n");
    for (size_t b = 0; b < sent_length; b++) printf("%02x", sent[b]);
    printf("\n");
    free(area);
  }
  return 0;
}
