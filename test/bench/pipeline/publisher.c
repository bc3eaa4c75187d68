// A publisher that is never the bottleneck: what is due is written every millisecond in one piece, at a rate that
// waits for nobody; only 20,000 messages of QoS 1 without an acknowledgement hold it up.
// Usage: publisher PORT SERIES QOS object|columns|rows SAMPLES; orders as load.h has them.
#include "load.h"

#define PAUSE_S 0.001
#define MOST_UNACKNOWLEDGED 20000
#define BUFFER_BYTES (1 << 18)

static int fd;
static long acknowledged;

/** Counts acknowledgements, of four bytes each; false where there were none. */
static int take_acknowledgements(void) {
  static uint8_t bytes[65536];
  static long left;
  const ssize_t count = read(fd, bytes, sizeof bytes);
  if (count == 0 || (count < 0 && errno != EAGAIN)) fail("the broker went");
  if (count < 0) return 0;
  left += count;
  acknowledged += left / 4;
  left %= 4;
  return 1;
}

static void write_all(const uint8_t *at, const uint8_t *end) {
  while (at < end) {
    const ssize_t count = write(fd, at, end - at);
    if (count > 0) at += count;
    else if (errno != EAGAIN) fail("write");
    else {
      struct pollfd poll_for = {.fd = fd, .events = POLLOUT | POLLIN};
      poll(&poll_for, 1, -1);
      if (poll_for.revents & POLLIN) take_acknowledgements();
    }
  }
}

static void open_session(int port) {
  const struct sockaddr_in address = loopback(port);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (const struct sockaddr *)&address, sizeof address)) fail("connect");
  uint8_t packet[64] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0};
  const int length = sprintf((char *)packet + 14, "load%d", getpid());
  packet[13] = length;
  packet[1] = 12 + length;
  uint8_t answer[4];
  if (write(fd, packet, 14 + length) != 14 + length) fail("write");
  if (recv(fd, answer, 4, MSG_WAITALL) != 4 || answer[3]) fail("the broker refused");
  prepare(fd);
}

static void send_run(struct load *load, struct run *run) {
  static uint8_t buffer[BUFFER_BYTES];
  while (!over(load, run)) {
    long count = due(load, run);
    if (load->qos) {
      take_acknowledgements();
      const long room = MOST_UNACKNOWLEDGED - (load->made - acknowledged);
      if (count > room) count = room;
    }
    if (count <= 0) {
      wait_for(fd, 0, PAUSE_S);
      continue;
    }
    uint8_t *end = buffer;
    while (count-- > 0 && end + MOST_PACKET_BYTES <= buffer + sizeof buffer) end = put_packet(load, run, end);
    write_all(buffer, end);
  }
  while (load->qos && acknowledged < load->made)
    if (!take_acknowledgements()) wait_for(fd, POLLIN, 1);
}

int main(int count, char **words) {
  if (count != 6) return 64;
  signal(SIGPIPE, SIG_IGN);
  struct load load = load_of(words + 2);
  struct run run;
  open_session(atoi(words[1]));
  while (next_run(&load, &run)) {
    const double cpu = cpu_s();
    send_run(&load, &run);
    tell(&load, &run, cpu_s() - cpu);
  }
  const uint8_t disconnect[2] = {0xe0, 0};
  write_all(disconnect, disconnect + 2);
  // The broker has read everything once it ends the connection.
  uint8_t rest;
  shutdown(fd, SHUT_WR);
  while (wait_for(fd, POLLIN, 5) && read(fd, &rest, 1) > 0);
  return 0;
}
