/* The lower bound: the cost of a client with one epoll loop and one buffer. It counts blank lines in the raw response; all it
 * reads of HTTP is the status line and the last chunk. Task in argv, one line of JSON on stdout; ends at the end of stdin. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { tail_bytes = 5, most_at_once = 1024 };

struct stream {
    int fd;
    int number;
    /* The last bytes received, to detect the end of the body. */
    char tail[tail_bytes];
    char ended_in_lf, is_ok, is_sent;
};

static long whole, ended, events;
static char buffer[64 * 1024];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

/* The value of a member of the task, in which each name occurs only once. */
static const char *member(const char *task, const char *name) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *found = strstr(task, quoted);
    if (!found) {
        fprintf(stderr, "the task has no %s\n", name);
        exit(1);
    }
    return found + strlen(quoted);
}

/* Unescapes a JSON string; our bodies contain only printable ASCII. */
static char *text(const char *json) {
    char *said = malloc(strlen(json) + 1), *to = said;
    for (json++; *json != '"'; json++) {
        if (*json == '\\') json++;
        *to++ = *json;
    }
    *to = 0;
    return said;
}

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static long cpu_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static double peak_rss_mib(void) {
    char line[256];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %ld", &kib) == 1) break;
    if (kib == 0) fail("VmHWM");
    return kib / 1024.0;
}

static void start(struct stream *stream, const struct sockaddr_in *to, int poll) {
    int yes = 1;
    stream->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (stream->fd < 0) fail("socket");
    setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(stream->fd, (const struct sockaddr *)to, sizeof *to) < 0 && errno != EINPROGRESS) fail("connect");
    struct epoll_event wanted = {.events = EPOLLOUT, .data.ptr = stream};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, stream->fd, &wanted) < 0) fail("epoll_ctl");
}

static void send_request(struct stream *stream, int poll, const char *head, const char *body) {
    char number[16], said[4096], request[8192];
    const char *at = strstr(body, "{stream}");
    size_t used = 0;
    snprintf(number, sizeof number, "%d", stream->number);
    for (; at; body = at + strlen("{stream}"), at = strstr(body, "{stream}"))
        used += snprintf(said + used, sizeof said - used, "%.*s%s", (int)(at - body), body, number);
    used += snprintf(said + used, sizeof said - used, "%s", body);
    int length = snprintf(request, sizeof request, "%sContent-Length: %zu\r\n\r\n%s", head, used, said);
    if (write(stream->fd, request, length) != length) fail("write");
    stream->is_sent = 1;
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = stream};
    if (epoll_ctl(poll, EPOLL_CTL_MOD, stream->fd, &wanted) < 0) fail("epoll_ctl");
}

static void count(struct stream *stream, const char *bytes, size_t length) {
    const char *at = bytes, *end = bytes + length;
    if (stream->ended_in_lf && *at == '\n') {
        events++;
        at++;
    }
    for (const char *found; (found = memmem(at, end - at, "\n\n", 2)); at = found + 2) events++;
    stream->ended_in_lf = at < end && end[-1] == '\n';
}

static void keep_tail(struct stream *stream, const char *bytes, size_t length) {
    size_t fresh = length < tail_bytes ? length : tail_bytes;
    memmove(stream->tail, stream->tail + fresh, tail_bytes - fresh);
    memcpy(stream->tail + tail_bytes - fresh, bytes + length - fresh, fresh);
}

static void receive(struct stream *stream) {
    ssize_t length = read(stream->fd, buffer, sizeof buffer);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (length > 0) {
        if (!stream->is_ok) stream->is_ok = length >= 12 && memcmp(buffer, "HTTP/1.1 200", 12) == 0 ? 1 : 2;
        count(stream, buffer, length);
        keep_tail(stream, buffer, length);
        return;
    }
    if (length == 0 && stream->is_ok == 1 && memcmp(stream->tail, "0\r\n\r\n", tail_bytes) == 0) whole++;
    close(stream->fd);
    ended++;
}

int main(int argc, char **argv) {
    if (argc != 2) return 64;
    const char *task = argv[1];
    int port;
    char host[64], head[512];
    const char *url = text(member(task, "url"));
    if (sscanf(url, "http://%63[^:]:%d", host, &port) != 2) return 64;
    const char *body = text(member(task, "body"));
    int streams = atoi(member(task, "streams"));
    double ramp_ms = atof(member(task, "rampMs"));
    snprintf(head, sizeof head,
             "POST %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\nContent-Type: application/json\r\n",
             text(member(task, "path")), host, port);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1) return 64;

    int poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event of_parent = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poll, EPOLL_CTL_ADD, 0, &of_parent);
    struct stream *all = calloc(streams, sizeof *all);
    static struct epoll_event ready[most_at_once];
    long before = cpu_us();
    double begin_ms = now_ms();
    for (int started = 0; ended < streams;) {
        double wait_ms = 1000;
        while (started < streams && (wait_ms = begin_ms + started * ramp_ms / streams - now_ms()) <= 0) {
            all[started].number = started;
            start(&all[started++], &to, poll);
        }
        int count = epoll_wait(poll, ready, most_at_once, started < streams ? (int)wait_ms + 1 : 1000);
        for (int at = 0; at < count; at++) {
            struct stream *stream = ready[at].data.ptr;
            if (!stream) {
                if (read(0, buffer, sizeof buffer) <= 0) return 0;
            } else if (stream->is_sent || ready[at].events & (EPOLLERR | EPOLLHUP))
                receive(stream);
            else
                send_request(stream, poll, head, body);
        }
    }
    printf("{\"cpuUs\":%ld,\"peakRssMib\":%.3f,\"whole\":%ld,\"events\":%ld}\n", cpu_us() - before, peak_rss_mib(), whole,
           events);
    return 0;
}
