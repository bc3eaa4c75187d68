#include "weir_bridge.h"

#define VERSION_1 0x10u
#define TYPE_DESCRIPTOR 1u
#define TYPE_DATA 2u
#define DATA_HEAD 10u
#define CRC_BYTES 4u
#define DESCRIBE_SECONDS 2u

static const uint8_t zero = 0u;

/* Bit by bit, 155 cycles a byte on an AVR. A table by halves of a byte takes 119, and 64 bytes of its RAM. */
uint32_t weir_crc32(uint32_t crc, const uint8_t *bytes, size_t length) {
  uint8_t bit;
  crc = ~crc;
  while (length-- > 0u) {
    crc ^= *bytes++;
    for (bit = 0u; bit < 8u; bit++) crc = crc & 1u ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
  }
  return ~crc;
}

static uint8_t bytes_of(uint8_t type) {
  if (type == WEIR_U8 || type == WEIR_I8) return 1u;
  if (type == WEIR_U16 || type == WEIR_I16) return 2u;
  if (type >= WEIR_U32 && type <= WEIR_F32) return 4u;
  return 0u;
}

static size_t text_length(const char *text) {
  size_t length = 0u;
  if (text)
    while (text[length] != '\0') length++;
  return length;
}

/* Appends the lowest `count` bytes; past the buffer's end it only counts them. */
static void put(weir_stream *s, uint32_t value, uint8_t count) {
  while (count-- > 0u) {
    if (s->length < s->buffer_bytes) s->buffer[s->length] = (uint8_t)value;
    s->length++;
    value >>= 8;
  }
}

static uint8_t bad_name(const char *name) { return text_length(name) - 1u >= WEIR_NAME_MAX; }

static void put_text(weir_stream *s, const char *text) {
  size_t length = text_length(text);
  put(s, (uint32_t)length, 1u);
  while (length-- > 0u) put(s, (uint8_t)*text++, 1u);
}

static void put_head(weir_stream *s, uint8_t type) {
  s->length = 0u;
  put(s, VERSION_1 | type, 1u);
  put(s, s->stream, 1u);
}

static void put_descriptor(weir_stream *s) {
  uint8_t i;
  put_head(s, TYPE_DESCRIPTOR);
  put(s, s->boot, 2u);
  put(s, s->tick_rate_hz, 4u);
  put(s, s->period_ticks, 4u);
  put_text(s, s->name);
  put(s, s->field_count, 1u);
  for (i = 0u; i < s->field_count; i++) {
    const weir_field *f = &s->fields[i];
    put(s, f->type, 1u);
    put(s, (uint32_t)f->offset, 4u);
    put(s, (uint32_t)f->multiplier, 4u);
    put(s, f->divisor, 4u);
    put_text(s, f->name);
    put_text(s, f->unit);
  }
}

/* Sends what the buffer holds with its CRC, stuffed by COBS as it goes: a run's code goes out before the run. */
static void send_message(weir_stream *s) {
  const uint8_t *at = s->buffer;
  const uint8_t *end;
  put(s, weir_crc32(0u, s->buffer, s->length), CRC_BYTES);
  end = s->buffer + s->length;
  for (;;) {
    const uint8_t *from = at;
    uint8_t code;
    while (at < end && *at != 0u && at - from < 254) at++;
    code = (uint8_t)(at - from + 1);
    s->write(s->context, &code, 1u);
    if (at > from) s->write(s->context, from, (size_t)(at - from));
    if (at == end) break;
    if (code != 255u) at++; /* the 0, which the code stands for */
  }
  s->write(s->context, &zero, 1u);
}

static void forget(weir_stream *s) {
  s->length = 0u;
  s->room = 0u;
  s->field = 0u;
}

weir_result weir_stream_init(weir_stream *s, uint8_t stream, const char *name, const weir_field *fields,
                             uint8_t field_count, uint32_t tick_rate_hz, uint32_t period_ticks, uint16_t boot,
                             uint8_t *buffer, size_t buffer_bytes, weir_write write, void *context) {
  uint16_t row_bytes = 0u;
  uint16_t descriptor_bytes;
  uint8_t i;
  forget(s);
  s->buffer_bytes = 0u; /* until all is well, it neither takes nor sends */
  s->field_count = field_count;
  if (field_count == 0u || field_count > WEIR_FIELDS_MAX || bad_name(name)) return WEIR_BAD_FIELDS;
  for (i = 0u; i < field_count; i++) {
    const weir_field *f = &fields[i];
    uint8_t bytes = bytes_of(f->type);
    if (bytes == 0u || f->multiplier == 0 || f->divisor == 0u || bad_name(f->name)) return WEIR_BAD_FIELDS;
    if (text_length(f->unit) > WEIR_UNIT_MAX) return WEIR_BAD_FIELDS;
    row_bytes = (uint16_t)(row_bytes + bytes);
  }
  if (tick_rate_hz == 0u) return WEIR_BAD_RATE;
  if (buffer_bytes > WEIR_MESSAGE_MAX) buffer_bytes = WEIR_MESSAGE_MAX;

  s->fields = fields;
  s->name = name;
  s->write = write;
  s->context = context;
  s->buffer = buffer;
  s->boot = boot;
  s->sequence = 0u;
  s->tick_rate_hz = tick_rate_hz;
  s->period_ticks = period_ticks;
  s->described_ticks = 0u;
  s->stream = stream;
  s->described = 0u;
  put_descriptor(s); /* of no buffer: only counted */
  descriptor_bytes = s->length;
  forget(s);
  if (descriptor_bytes + CRC_BYTES > buffer_bytes || DATA_HEAD + row_bytes + CRC_BYTES > buffer_bytes)
    return WEIR_SMALL_BUFFER;
  s->buffer_bytes = (uint16_t)buffer_bytes;
  s->rows_max = 1u;
  if (period_ticks != 0u) s->rows_max = (uint16_t)((s->buffer_bytes - DATA_HEAD - CRC_BYTES) / row_bytes);
  put_descriptor(s);
  s->description = (uint16_t)weir_crc32(0u, buffer, s->length);
  forget(s);
  write(context, &zero, 1u);
  return WEIR_OK;
}

void weir_describe(weir_stream *s, uint32_t ticks) {
  if (s->buffer_bytes == 0u) return;
  put_descriptor(s);
  send_message(s);
  forget(s);
  s->described = 1u;
  s->described_ticks = ticks;
}

void weir_begin(weir_stream *s, uint32_t ticks) {
  if (s->buffer_bytes == 0u) return;
  /* A clock too fast to count two seconds in 32 bits says it more often. */
  if (!s->described || ticks - s->described_ticks >= s->tick_rate_hz * DESCRIBE_SECONDS) weir_describe(s, ticks);
  put_head(s, TYPE_DATA);
  put(s, s->description, 2u);
  put(s, s->sequence, 2u);
  put(s, ticks, 4u);
  s->room = s->rows_max;
  s->field = 0u;
}

uint16_t weir_room(const weir_stream *s) { return s->room; }

int weir_add(weir_stream *s, int32_t raw) {
  if (s->field == 0u) {
    if (s->room == 0u) return 0;
    s->room--;
    s->row_start = s->length;
  }
  put(s, (uint32_t)raw, bytes_of(s->fields[s->field].type));
  if (++s->field == s->field_count) s->field = 0u;
  return 1;
}

int weir_add_f32(weir_stream *s, float value) {
  union {
    float value;
    uint32_t bits;
  } as;
  as.value = value;
  return weir_add(s, (int32_t)as.bits);
}

int weir_end(weir_stream *s) {
  int any;
  if (s->field != 0u) s->length = s->row_start; /* a row that is not whole */
  any = s->length > DATA_HEAD;
  if (any) {
    send_message(s);
    s->sequence++;
  }
  forget(s);
  return any;
}

int weir_send(weir_stream *s, uint32_t ticks, const int32_t *raw) {
  uint8_t i;
  weir_begin(s, ticks);
  for (i = 0u; i < s->field_count; i++) (void)weir_add(s, raw[i]);
  return weir_end(s);
}
