/*
 * The weir bridge, device side: samples to a gateway over a serial line. See ../PROTOCOL.md, version 1.
 *
 * C99; no allocation, no globals, no stdio, no libc. The caller owns all memory: a weir_stream for each stream, the const
 * field table behind it, and one buffer for the frame under construction. Frames leave through a function of the caller's.
 * Nothing here is re-entrant: of two callers of one stream, as an interrupt and the main loop, one must wait.
 */
#ifndef WEIR_BRIDGE_H
#define WEIR_BRIDGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Types of raw values, little-endian on the wire. */
#define WEIR_U8 1u
#define WEIR_I8 2u
#define WEIR_U16 3u
#define WEIR_I16 4u
#define WEIR_U32 5u
#define WEIR_I32 6u
#define WEIR_F32 7u

#define WEIR_FIELDS_MAX 16u
#define WEIR_NAME_MAX 32u  /* bytes of UTF-8, of streams and fields */
#define WEIR_UNIT_MAX 16u  /* bytes of UTF-8 */
#define WEIR_MESSAGE_MAX 4096u /* bytes of a message with its CRC */

/* One field: value = (raw + offset) * multiplier / divisor, in its unit. */
typedef struct {
  const char *name; /* 1 to WEIR_NAME_MAX bytes, no control characters, unlike the stream's other fields */
  const char *unit; /* 0 to WEIR_UNIT_MAX bytes; NULL is none */
  uint8_t type;     /* WEIR_U8 ... WEIR_F32 */
  int32_t offset;   /* in raw steps */
  int32_t multiplier; /* not 0 */
  uint32_t divisor;   /* not 0 */
} weir_field;

/*
 * Takes `length` bytes, to be sent in order; they are the library's again on return. Called several times a frame at most
 * once for each 254 bytes and never with 0. `context` is what the stream was made with.
 */
typedef void (*weir_write)(void *context, const uint8_t *bytes, size_t length);

/* A stream. Its members are the library's. */
typedef struct {
  const weir_field *fields;
  const char *name;
  weir_write write;
  void *context;
  uint8_t *buffer;
  uint16_t buffer_bytes;
  uint16_t length;      /* bytes of the message under construction */
  uint16_t row_start;   /* where its last row begins */
  uint16_t rows_max;    /* rows of a frame */
  uint16_t room;        /* rows not yet begun of the frame under construction */
  uint16_t boot;
  uint16_t description; /* of the descriptor, 16 bits of its CRC */
  uint16_t sequence;    /* of the next data frame */
  uint32_t tick_rate_hz;
  uint32_t period_ticks;
  uint32_t described_ticks; /* when the descriptor was last sent */
  uint8_t field_count;
  uint8_t field;        /* of the next value; 0 = a row begins */
  uint8_t stream;
  uint8_t described;
} weir_stream;

/* What went wrong in weir_stream_init. */
typedef enum {
  WEIR_OK = 0,
  WEIR_BAD_FIELDS, /* none, too many, an unknown type, a zero multiplier or divisor, a name too long or empty */
  WEIR_BAD_RATE,   /* tick_rate_hz is 0 */
  WEIR_SMALL_BUFFER /* the descriptor, or one row, does not fit into buffer_bytes */
} weir_result;

/*
 * Makes a stream; sends nothing but one 0x00, which ends whatever the line held before. Where the answer is not WEIR_OK,
 * not even this: every call is allowed then, and none sends.
 *   stream        its number, unlike those of the device's other streams
 *   name          1 to WEIR_NAME_MAX bytes; it becomes the tag `stream`
 *   fields        field_count of them (1 to WEIR_FIELDS_MAX); must stay where they are
 *   tick_rate_hz  ticks a second of the clock that weir_send and weir_begin are told
 *   period_ticks  ticks between two rows of a frame; 0 = every frame holds one row
 *   boot          another number after each reset where one can be made, else 0
 *   buffer        buffer_bytes bytes for the frame under construction; streams that never build at once may share it
 *   write         takes the frames' bytes; context is handed to it
 */
weir_result weir_stream_init(weir_stream *s, uint8_t stream, const char *name, const weir_field *fields,
                             uint8_t field_count, uint32_t tick_rate_hz, uint32_t period_ticks, uint16_t boot,
                             uint8_t *buffer, size_t buffer_bytes, weir_write write, void *context);

/* Sends the descriptor now. It goes out by itself before the first frame and then every 2 seconds of ticks. */
void weir_describe(weir_stream *s, uint32_t ticks);

/*
 * Begins a data frame whose first row was sampled at `ticks` (sends the descriptor first where it is due). A frame that was
 * begun and not ended is forgotten.
 */
void weir_begin(weir_stream *s, uint32_t ticks);

/*
 * Adds a raw value: one call for each field of a row, in the fields' order, row after row. The value's low bytes are taken
 * by the field's type. Returns 1, or 0 where the frame has no room for another row (end it, begin a new one) or was not
 * begun; nothing is added then.
 */
int weir_add(weir_stream *s, int32_t raw);

/* The same for a field of type WEIR_F32. */
int weir_add_f32(weir_stream *s, float value);

/* Rows that still fit into the frame that was begun. */
uint16_t weir_room(const weir_stream *s);

/* Sends the frame: whole rows only. Returns 1, or 0 where it has none. */
int weir_end(weir_stream *s);

/* One frame of one row of integers: begin, add each of raw[0..field_count), end. Returns 1 when sent. */
int weir_send(weir_stream *s, uint32_t ticks, const int32_t *raw);

/* CRC-32/ISO-HDLC, continued: start with 0. */
uint32_t weir_crc32(uint32_t crc, const uint8_t *bytes, size_t length);

#ifdef __cplusplus
}
#endif
#endif
