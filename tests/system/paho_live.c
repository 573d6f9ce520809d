/* A session over the real library, led by a script: commands come on stdin, one a line, and what happens goes
 * to stdout, one a line. tests/system/paho_live.py starts the brokers and does the checking.
 *
 *   paho_live URL [user=…] [password=…] [password-file=…] [ca=…] [cert=…] [key=…] [version=5|311] [id=…]
 * [keepalive=…]
 *
 *   sub FILTER · state TOPIC PAYLOAD · event TOPIC PAYLOAD · answer TOPIC PAYLOAD ID · fill TOPIC BYTES ·
 * many TOPIC N counter NAME · stop MS
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/number.h"
#include "mqtt/inbox.h"
#include "mqtt/paho.h"
#include "mqtt/session.h"

static struct inbox *inbox;
static struct session *session;
static struct counters counters;
static int wake_fd;
static bool done;
static int qos = 1; /* of what follows */

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void wake(void *context)
{
    const uint64_t one = 1;
    (void)context;
    if (write(wake_fd, &one, sizeof(one)) < 0)
        return; /* full: awake anyway */
}

static void on_up(void *context, int64_t now_ms)
{
    (void)context;
    (void)now_ms;
    printf("up %d\n", session_version(session));
}

static void on_down(void *context, int64_t now_ms)
{
    (void)context;
    (void)now_ms;
    printf("down\n");
}

static void on_message(void *context, const struct mqtt_event *message, int64_t now_ms)
{
    (void)context;
    must(message->arrived_ms <= now_ms);
    printf("message %.*s %.*s retained=%d qos=%d response=%.*s id=%.*s expiry=%lld\n",
           XPL_SLICE_ARGS(message->topic), XPL_SLICE_ARGS(message->payload), message->retained, message->qos,
           XPL_SLICE_ARGS(message->response_topic), XPL_SLICE_ARGS(message->correlation),
           (long long)message->expiry_s);
}

static void on_log(void *context, enum log_level level, const char *text)
{
    (void)context;
    printf("log %s %s\n", log_level_names[level], text);
}

static void on_closed(void *context)
{
    (void)context;
    printf("closed\n");
    done = true;
}

static uint32_t on_random(void *context)
{
    (void)context;
    return 0; /* the shortest delays */
}

static void publish(enum session_lane lane, const char *topic, struct xpl_slice payload, const char *id)
{
    const struct session_publish made = { .lane = lane,
                                          .topic = xpl_slice_from(topic),
                                          .payload = payload,
                                          .qos = qos,
                                          .correlation = xpl_slice_from(id) };
    session_publish(session, &made, now());
}

static uint64_t number(const char *text)
{
    uint64_t value = 0;
    must(text && number_parse_unsigned(xpl_slice_from(text), 0, 100000000, &value) == 0);
    return value;
}

static void command(char *line)
{
    char *rest = line;
    const char *word[4] = { NULL };
    for (int i = 0; i < 4; i++)
        word[i] = strsep(&rest, " ");
    if (strcmp(word[0], "sub") == 0) {
        must(session_subscribe(session, word[1], 1, now()) == 0);
    } else if (strcmp(word[0], "state") == 0) {
        publish(SESSION_STATE, word[1], xpl_slice_from(word[2]), NULL);
    } else if (strcmp(word[0], "event") == 0) {
        publish(SESSION_EVENT, word[1], xpl_slice_from(word[2]), NULL);
    } else if (strcmp(word[0], "answer") == 0) {
        publish(SESSION_TRANSIENT, word[1], xpl_slice_from(word[2]), word[3]);
    } else if (strcmp(word[0], "fill") == 0) {
        size_t size = number(word[2]);
        char *bytes = malloc(size + 1);
        must(bytes);
        memset(bytes, 'x', size);
        publish(SESSION_EVENT, word[1], xpl_slice(bytes, size), NULL);
        free(bytes);
    } else if (strcmp(word[0], "many") == 0) {
        char payload[24];
        for (uint64_t i = 0, n = number(word[2]); i < n; i++) {
            snprintf(payload, sizeof(payload), "%llu", (unsigned long long)i);
            publish(SESSION_EVENT, word[1], xpl_slice_from(payload), NULL);
        }
    } else if (strcmp(word[0], "qos") == 0) {
        qos = (int)number(word[1]);
    } else if (strcmp(word[0], "counter") == 0) {
        count_n(&counters, COUNT_MQTT_TOO_LARGE, inbox_take_too_large(inbox));
        count_n(&counters, COUNT_INBOX_FULL, inbox_take_dropped(inbox));
        for (int i = 0; i < COUNTERS; i++)
            if (strcmp(counter_names[i], word[1]) == 0)
                printf("counter %s %llu\n", word[1], (unsigned long long)counters.value[i]);
    } else if (strcmp(word[0], "stop") == 0) {
        session_stop(session, (int)number(word[1]), now());
    }
}

static void read_commands(void)
{
    static char buffer[65536];
    static size_t size;
    ssize_t n = read(STDIN_FILENO, buffer + size, sizeof(buffer) - size - 1);
    if (n <= 0) {
        done = true;
        return;
    }
    size += (size_t)n;
    char *end;
    while ((end = memchr(buffer, '\n', size))) {
        *end = '\0';
        command(buffer);
        size -= (size_t)(end + 1 - buffer);
        memmove(buffer, end + 1, size);
    }
}

static void turn(void)
{
    struct pollfd fds[2] = { { .fd = wake_fd, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
    int64_t deadline = session_deadline(session), left = deadline - now();
    poll(fds, 2, deadline == INT64_MAX ? -1 : left < 0 ? 0 : left > 60000 ? 60000 : (int)left);
    if (fds[0].revents) {
        uint64_t ignored;
        if (read(wake_fd, &ignored, sizeof(ignored)) < 0)
            return;
    }
    struct mqtt_event *event;
    while ((event = inbox_pop(inbox))) {
        session_on_event(session, event, now());
        inbox_event_free(event);
    }
    if (now() >= session_deadline(session))
        session_on_time(session, now());
    if (fds[1].revents)
        read_commands();
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    size_t size = strlen(name);
    for (int i = 2; i < argc; i++)
        if (strncmp(argv[i], name, size) == 0 && argv[i][size] == '=')
            return argv[i] + size + 1;
    return otherwise;
}

int main(int argc, char **argv)
{
    must(argc > 1);
    const char *version = option(argc, argv, "version", "auto");
    const struct session_options options = {
        .url = argv[1],
        .username = option(argc, argv, "user", NULL),
        .password = option(argc, argv, "password", NULL),
        .password_file = option(argc, argv, "password-file", NULL),
        .cafile = option(argc, argv, "ca", NULL),
        .certfile = option(argc, argv, "cert", NULL),
        .keyfile = option(argc, argv, "key", NULL),
        .version = strcmp(version, "5") == 0     ? MQTT_VERSION_5
                   : strcmp(version, "311") == 0 ? MQTT_VERSION_311
                                                 : MQTT_VERSION_AUTO,
        .keepalive = (int)number(option(argc, argv, "keepalive", "30")),
        .will_topic = "live/state",
        .will_payload = "offline",
    };
    const struct session_listener listener = {
        NULL, on_up, on_down, on_message, on_log, on_closed, on_random
    };
    struct mqtt_driver *driver;

    setvbuf(stdout, NULL, _IOLBF, 0);
    wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    must(wake_fd >= 0);
    must(inbox_new(&inbox, wake, NULL) == 0);
    must(paho_new(&driver, argv[1], option(argc, argv, "id", "paho-live"), inbox) == 0);
    must(session_new(&session, &options, &paho_ops, driver, &listener, &counters) == 0);
    session_start(session, now());
    while (!done)
        turn();
    must(session_books_balance(session));
    session_free(session);
    paho_free(driver);
    inbox_free(inbox);
    printf("end\n");
    return 0;
}
