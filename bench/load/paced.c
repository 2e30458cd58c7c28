/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that are due at a steady rate, and how long each took from the moment at which it was due. A load that
 * counts from when it sends a request hides a server that stands still: hardly a request is sent meanwhile, and only
 * those few are late.
 *
 *   load_paced PORT HOST TARGET CONNECTIONS RATE SECONDS
 *
 * Each connection has a thread of its own, which sends a request when it is due, or when the one before was answered,
 * if that is later. Writes a line for each request, in no order: when it was due (microseconds since 1970), and after
 * how many microseconds its answer was there. Ends at the first answer that is not 200, and writes nothing then.
 */
#define _GNU_SOURCE /* strcasestr */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 256
#define SECOND           INT64_C(1000000000)

struct connection {
  pthread_t thread;
  int       socket;
  int64_t   first;    /* nanoseconds: when its first request is due */
  int64_t   distance; /* until the next one */
  size_t    count;
  int64_t  *ends; /* by request */
  char      answer[65536];
};

static struct connection connections[MOST_CONNECTIONS];
static char              request[4096];
static size_t            request_size;

static _Noreturn void
fail(const char *what)
{
  fprintf(stderr, "load_paced: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t
now(clockid_t clock)
{
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * SECOND + time.tv_nsec;
}

static void
sleep_until(int64_t nanoseconds)
{
  struct timespec time = {nanoseconds / SECOND, nanoseconds % SECOND};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {
  }
}

/* Reads the whole answer: its header, and as many bytes as it says. */
static void
read_answer(struct connection *connection)
{
  static const char length_field[] = "\r\nContent-Length: ";
  size_t            size           = 0;
  for (;;) {
    ssize_t more = recv(connection->socket, connection->answer + size, sizeof connection->answer - 1 - size, 0);
    if (more <= 0) {
      fail(size == sizeof connection->answer - 1 ? "an answer that is too large" : "the connection was closed");
    }
    size += (size_t)more;
    connection->answer[size] = '\0';
    const char *end          = strstr(connection->answer, "\r\n\r\n");
    const char *length       = strcasestr(connection->answer, length_field);
    if (end && (!length || strncmp(connection->answer, "HTTP/1.1 200", 12) != 0)) {
      fail("an answer that is not 200 with a Content-Length");
    }
    if (end && size >= (size_t)(end + 4 - connection->answer) + strtoul(length + sizeof length_field - 1, NULL, 10)) {
      return;
    }
  }
}

static void *
run(void *data)
{
  struct connection *connection = data;
  for (size_t i = 0; i < connection->count; i++) {
    sleep_until(connection->first + (int64_t)i * connection->distance);
    if (send(connection->socket, request, request_size, MSG_NOSIGNAL) != (ssize_t)request_size) {
      fail("send");
    }
    read_answer(connection);
    connection->ends[i] = now(CLOCK_MONOTONIC);
  }
  return NULL;
}

static void
open_connection(struct connection *connection, uint16_t port)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one            = 1;
  connection->socket = socket(AF_INET, SOCK_STREAM, 0);
  connection->ends   = calloc(connection->count, sizeof connection->ends[0]);
  if (connection->socket < 0 || !connection->ends ||
      connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0) {
    fail("connect");
  }
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* `offset`: from the clock that does not jump to the time of day. */
static void
tell(const struct connection *connection, int64_t offset)
{
  for (size_t i = 0; i < connection->count; i++) {
    int64_t due = connection->first + (int64_t)i * connection->distance;
    printf("%" PRId64 " %" PRId64 "\n", (due + offset) / 1000, (connection->ends[i] - due) / 1000);
  }
}

int
main(int argc, char **argv)
{
  if (argc != 7) {
    fprintf(stderr, "usage: %s PORT HOST TARGET CONNECTIONS RATE SECONDS\n", argv[0]);
    return 2;
  }
  int    count   = atoi(argv[4]);
  double rate    = atof(argv[5]);
  double seconds = atof(argv[6]);
  if (count < 1 || count > MOST_CONNECTIONS || rate < count || seconds <= 0) {
    fprintf(stderr, "load_paced: 1 to %d connections, a request per second for each, and some seconds\n",
            MOST_CONNECTIONS);
    return 2;
  }
  request_size = (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[3], argv[2]);
  if (request_size >= sizeof request) {
    fprintf(stderr, "load_paced: the request is too long\n");
    return 2;
  }
  /* Threads sleep as long as they are told to, and not up to 50 µs more. */
  prctl(PR_SET_TIMERSLACK, 1);
  for (int i = 0; i < count; i++) {
    connections[i].distance = (int64_t)((double)SECOND * count / rate);
    connections[i].count    = (size_t)(seconds * rate / count);
    open_connection(&connections[i], (uint16_t)atoi(argv[1]));
  }
  int64_t begin = now(CLOCK_MONOTONIC) + SECOND / 100;
  for (int i = 0; i < count; i++) {
    connections[i].first = begin + connections[i].distance * i / count;
    if (pthread_create(&connections[i].thread, NULL, run, &connections[i]) != 0) {
      fail("pthread_create");
    }
  }
  for (int i = 0; i < count; i++) {
    pthread_join(connections[i].thread, NULL);
  }
  int64_t offset = now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC);
  for (int i = 0; i < count; i++) {
    tell(&connections[i], offset);
  }
  return 0;
}
