// A broker of one subscriber and no publisher: it makes the messages itself, and never has more than WINDOW of QoS 1 in
// flight. A message is a send of its own, as brokers do it. What is due and finds no room waits.
// Usage: strict WINDOW SERIES QOS object|columns|rows SAMPLES; tells its port, then takes orders as load.h has them. All of an
// order's messages are acknowledged when it is answered.
#include "load.h"

#define PAUSE_S 0.0002

static int fd;
static long acknowledged;

/** Answers what the subscriber asks, and counts what it acknowledges; false where nothing came. */
static int serve(void) {
  static uint8_t bytes[65536];
  static size_t length;
  const ssize_t count = read(fd, bytes + length, sizeof bytes - length);
  if (count == 0 || (count < 0 && errno != EAGAIN)) fail("the subscriber went");
  if (count < 0) return 0;
  length += count;
  size_t at = 0;
  for (;;) {
    size_t rest = 0, body = at + 1;
    int shift = 0;
    while (body < length && bytes[body] & 128 && shift < 21) {
      rest |= (size_t)(bytes[body++] & 127) << shift;
      shift += 7;
    }
    if (body >= length) break;
    rest |= (size_t)bytes[body++] << shift;
    if (body + rest > length) break;
    const uint8_t *packet = bytes + body;
    uint8_t answer[64] = {0, 2, 0, 0};
    size_t answer_bytes = 4;
    switch (bytes[at] >> 4) {
      case 1: answer[0] = 0x20; break;
      case 3: {
        const size_t topic = 2 + (packet[0] << 8 | packet[1]);
        answer[0] = 0x40;
        memcpy(answer + 2, packet + topic, 2);
        if (!(bytes[at] & 6)) answer_bytes = 0;
        break;
      }
      case 4: acknowledged++; answer_bytes = 0; break;
      case 8: {
        answer[0] = 0x90;
        memcpy(answer + 2, packet, 2);
        for (size_t p = 2; p + 2 < rest && answer_bytes < sizeof answer; p += 3 + (packet[p] << 8 | packet[p + 1])) answer[answer_bytes++] = 1;
        answer[1] = answer_bytes - 2;
        break;
      }
      case 10: answer[0] = 0xb0; memcpy(answer + 2, packet, 2); break;
      case 12: answer[0] = 0xd0; answer[1] = 0; answer_bytes = 2; break;
      default: answer_bytes = 0;
    }
    if (answer_bytes && write(fd, answer, answer_bytes) != (ssize_t)answer_bytes) fail("write");
    at = body + rest;
  }
  memmove(bytes, bytes + at, length - at);
  length -= at;
  return 1;
}

static void send_run(struct load *load, struct run *run, long window) {
  static uint8_t packet[MOST_PACKET_BYTES];
  while (!over(load, run) || acknowledged < load->made) {
    for (long count = due(load, run); count > 0 && load->made - acknowledged < window; count--) {
      const ssize_t length = put_packet(load, run, packet) - packet;
      if (write(fd, packet, length) != length) fail("write");
    }
    const int full = load->made - acknowledged >= window;
    if (wait_for(fd, POLLIN, full ? 0.05 : PAUSE_S)) serve();
  }
}

int main(int count, char **words) {
  if (count != 6) return 64;
  signal(SIGPIPE, SIG_IGN);
  const long window = atol(words[1]);
  struct load load = load_of(words + 2);
  struct run run;
  struct sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 4)) fail("listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("{\"port\":%d}\n", ntohs(address.sin_port));
  fflush(stdout);
  fd = accept(listener, NULL, NULL);
  prepare(fd);
  // Between orders the subscriber is served too.
  for (;;) {
    struct pollfd polls[2] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    poll(polls, 2, -1);
    if (polls[0].revents) serve();
    if (!polls[1].revents) continue;
    if (!next_run(&load, &run)) return 0;
    const double cpu = cpu_s();
    send_run(&load, &run, window);
    tell(&load, &run, cpu_s() - cpu);
  }
}
