/* The room bridge/io as a program, for tests that need a network of their own (io_network.py).
 *
 * Reads commands, a line each, answers each with a line, and tells what happens with lines in between:
 *
 *   ready PORT BUFFER                          at the start: our own port, bytes of receive buffer
 *   datagram hub|own IP PORT SIZE TEXT         one came; those that begin with '#' are only counted
 *   changed                                    the addresses of the host did
 *   closed RESULT                              at the end: what uv_loop_close gave
 *
 *   hub-open · hub-close · aim INTERFACE BROADCAST ("-": not said) · broadcast TEXT · send IP PORT TEXT
 *   burst N SIZE IP PORT (numbered datagrams in one turn: how many were taken) · waiting · drops · counted
 *   local IP · store DIRECTORY NAME SIZE · stored DIRECTORY NAME (its size, or -1) · quit
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/number.h"
#include "io/interfaces.h"
#include "io/io.h"
#include "io/signals.h"
#include "io/store.h"
#include "io/timer.h"
#include "io/xplsocket.h"
#include "xpl/message.h"

#define WORDS 5

static uv_loop_t loop;
static uv_poll_t commands;
static struct xplsocket *xpl;
static struct interfaces *interfaces;
static struct timer *timer;
static struct signals *signals;
static uint64_t n_counted;
static char line[4096];
static size_t line_size;

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

static const char *ip_text(uint32_t ip)
{
    static char text[2][INET_ADDRSTRLEN];
    static int turn;
    struct in_addr in = { htonl(ip) };
    turn = !turn;
    return inet_ntop(AF_INET, &in, text[turn], sizeof(text[turn]));
}

static uint32_t ip_value(const char *text)
{
    struct in_addr in;
    must(inet_pton(AF_INET, text, &in) == 1);
    return ntohl(in.s_addr);
}

static uint64_t number(const char *text, uint64_t high)
{
    uint64_t value;
    must(number_parse_unsigned(xpl_slice_from(text), 0, high, &value) == 0);
    return value;
}

static void on_datagram(void *context, const char *data, size_t size, struct xpl_endpoint from, bool hub)
{
    (void)context;
    if (size > 0 && data[0] == '#')
        n_counted++;
    else
        tell("datagram %s %s %u %zu %.*s", hub ? "hub" : "own", ip_text(from.ip), from.port, size,
             (int)(size < 100 ? size : 100), data);
}

static void on_changed(void *context)
{
    (void)context;
    tell("changed");
}

static void on_time(void *context, int64_t now_ms)
{
    (void)context;
    interfaces_on_time(interfaces, now_ms);
    timer_arm(timer, now_ms, interfaces_deadline(interfaces));
}

static void close_all(void)
{
    uv_close((uv_handle_t *)&commands, NULL);
    timer_close(timer, NULL, NULL);
    signals_close(signals, NULL, NULL);
    interfaces_close(interfaces, NULL, NULL);
    xplsocket_close(xpl, NULL, NULL);
}

static void on_signal(void *context, enum signals_event event)
{
    (void)context;
    if (event == SIGNALS_STOP)
        close_all();
}

static void aim(const char *interface, const char *broadcast)
{
    struct addresses_choice choice;
    int r = addresses_choose(interfaces_addresses(interfaces), *interface == '-' ? NULL : interface,
                             *broadcast == '-' ? NULL : broadcast, &choice);
    if (r != ADDRESSES_OK) {
        tell("aim %d", r);
        return;
    }
    xplsocket_aim(xpl, choice.broadcast, choice.index);
    tell("aim 0 %s %s %s", choice.name, ip_text(choice.ip), ip_text(choice.broadcast));
}

static void burst(uint64_t n, size_t size, struct xpl_endpoint to)
{
    char data[XPL_MESSAGE_MAX] = { 0 };
    uint64_t n_taken = 0;
    must(size <= sizeof(data));
    for (uint64_t i = 0; i < n; i++) {
        snprintf(data, sizeof(data), "%" PRIu64, n_taken);
        n_taken += xplsocket_send(xpl, to, data, size) == 0;
    }
    tell("burst %" PRIu64, n_taken);
}

static void store(const char *directory, const char *name, size_t size)
{
    struct store where;
    char *data = malloc(size + 1);
    must(data);
    memset(data, 'x', size);
    int r = store_init(&where, directory);
    tell("store %d", r ? r : store_replace(&where, name, data, size));
    free(data);
}

static void stored(const char *directory, const char *name)
{
    struct store where;
    char *data;
    size_t size;
    if (store_init(&where, directory) == 0 && store_read(&where, name, &data, &size) == 0) {
        tell("stored %zu", size);
        free(data);
    } else {
        tell("stored -1");
    }
}

static void obey(char *words[WORDS], int n)
{
    const char *verb = words[0];
    if (strcmp(verb, "hub-open") == 0) {
        tell("hub-open %d", xplsocket_hub_open(xpl));
    } else if (strcmp(verb, "hub-close") == 0) {
        xplsocket_hub_close(xpl);
        tell("hub-close 0");
    } else if (strcmp(verb, "aim") == 0 && n == 3) {
        aim(words[1], words[2]);
    } else if (strcmp(verb, "broadcast") == 0 && n == 2) {
        tell("broadcast %d", xplsocket_broadcast(xpl, words[1], strlen(words[1])));
    } else if (strcmp(verb, "send") == 0 && n == 4) {
        struct xpl_endpoint to = { ip_value(words[1]), (uint16_t)number(words[2], UINT16_MAX) };
        tell("send %d", xplsocket_send(xpl, to, words[3], strlen(words[3])));
    } else if (strcmp(verb, "burst") == 0 && n == 5) {
        struct xpl_endpoint to = { ip_value(words[3]), (uint16_t)number(words[4], UINT16_MAX) };
        burst(number(words[1], 100000), number(words[2], XPL_MESSAGE_MAX), to);
    } else if (strcmp(verb, "waiting") == 0) {
        tell("waiting %zu %" PRIu64, xplsocket_waiting(xpl), xplsocket_late_failures(xpl));
    } else if (strcmp(verb, "drops") == 0) {
        tell("drops %" PRIu64, xplsocket_kernel_drops(xpl));
    } else if (strcmp(verb, "counted") == 0) {
        tell("counted %" PRIu64, n_counted);
    } else if (strcmp(verb, "local") == 0 && n == 2) {
        tell("local %d", interfaces_is_local(interfaces, ip_value(words[1])));
    } else if (strcmp(verb, "store") == 0 && n == 4) {
        store(words[1], words[2], number(words[3], 10000000));
    } else if (strcmp(verb, "stored") == 0 && n == 3) {
        stored(words[1], words[2]);
    } else if (strcmp(verb, "quit") == 0) {
        close_all();
    } else {
        tell("what");
    }
}

static void obey_line(char *text)
{
    char *words[WORDS] = { text }, *rest = NULL;
    int n = 0;
    for (char *word = strtok_r(text, " ", &rest); word && n < WORDS; word = strtok_r(NULL, " ", &rest))
        words[n++] = word;
    obey(words, n);
}

static void on_commands(uv_poll_t *poll, int status, int events)
{
    (void)poll, (void)status, (void)events;
    ssize_t size = read(STDIN_FILENO, line + line_size, sizeof(line) - line_size);
    if (size <= 0) {
        close_all();
        return;
    }
    line_size += (size_t)size;
    for (char *end; (end = memchr(line, '\n', line_size));) {
        *end++ = '\0';
        obey_line(line);
        line_size -= (size_t)(end - line);
        memmove(line, end, line_size);
    }
}

int main(void)
{
    struct xplsocket_listener listener = { NULL, on_datagram };
    must(uv_loop_init(&loop) == 0);
    must(xplsocket_new(&xpl, &loop, XPL_PORT, &listener) == 0);
    must(interfaces_new(&interfaces, &loop, on_changed, NULL, io_now_ms()) == 0);
    must(timer_new(&timer, &loop, on_time, NULL) == 0);
    must(signals_new(&signals, &loop, on_signal, NULL) == 0);
    must(uv_poll_init(&loop, &commands, STDIN_FILENO) == 0);
    must(uv_poll_start(&commands, UV_READABLE, on_commands) == 0);
    timer_arm(timer, io_now_ms(), interfaces_deadline(interfaces));
    tell("ready %u %zu", xplsocket_port(xpl), xplsocket_receive_buffer(xpl));

    uv_run(&loop, UV_RUN_DEFAULT);
    tell("closed %d", uv_loop_close(&loop));
    return 0;
}
