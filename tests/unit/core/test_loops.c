#include "lan.h"

TestSuite(loops, .init = lan_open, .fini = lan_close, .timeout = 20);

static struct loops loops;

/* So many rounds of a loop, or of somebody with a button: a state, and after the gap a command. How many were
 * refused. */
static int run(int n, int64_t gap_ms)
{
    int refused = 0;
    for (int i = 0; i < n; i++) {
        int64_t held_ms = loops_held_until(&loops, 1);
        lan.now_ms = held_ms > lan.now_ms ? held_ms : lan.now_ms;
        loops_on_state(&loops, 1, lan.now_ms);
        lan.now_ms += gap_ms;
        refused += loops_on_command(&loops, 1, lan.now_ms) == LOOPS_PROVEN;
    }
    return refused;
}

Test(loops, a_loop_that_goes_on_although_states_are_held_back_is_refused)
{
    for (int64_t gap_ms = 1; gap_ms <= LOOPS_GAP_MS; gap_ms *= 10) {
        cr_expect_eq(run(LOOPS_TIMES + LOOPS_PROOFS - 1, gap_ms), 0);
        cr_expect_eq(run(1, gap_ms), 1);
        cr_expect_eq(run(LOOPS_TIMES + LOOPS_PROOFS - 1, gap_ms), 0, "and then it begins anew");
        lan.now_ms += 60000;
        cr_expect_not(loops_on_command(&loops, 1, lan.now_ms));
    }
}

Test(loops, whoever_is_slow_is_no_loop)
{
    cr_expect_eq(run(100, LOOPS_GAP_MS + 1), 0);
    cr_expect_eq(loops_on_command(&loops, 2, lan.now_ms), LOOPS_NONE, "what was never published");
}

Test(loops, whoever_goes_on_while_states_are_held_back_is_no_loop)
{
    for (int i = 0; i < 1000; i++) {
        if (loops_held_until(&loops, 1) <= lan.now_ms)
            loops_on_state(&loops, 1, lan.now_ms);
        lan.now_ms += 50;
        cr_expect_neq(loops_on_command(&loops, 1, lan.now_ms), LOOPS_PROVEN);
    }
}

#define MAP                                                                                                \
    "<map name='lamp' schema='x10.basic' device='{source}/{device}'><property name='power' kind='switch'>" \
    "<publish payload='{command}'/><send><item name='device'>{device}</item>"                              \
    "<item name='command'>{payload}</item></send></property></map>"

Test(loops, what_is_published_raw_and_sent_again_is_cut_and_named)
{
    struct lan_host *host = lan_host(0, (struct core_options){ .raw = true, .raw_send = true }, NULL);
    static const char text[] = "xpl-trig\n{\nhop=1\nsource=acme-x.y\ntarget=*\n}\na.b\n{\nc=1\n}\n";
    lan_start(host);
    lan_say_bytes(0, LAN_IP(0, 77), text, sizeof(text) - 1);
    lan_settle();
    for (int i = 0; i < LOOPS_TIMES; i++) {
        cr_expect_eq(lan_count(0, "acme-x.y"), (size_t)(i + 1));
        lan_publish("xpl/raw/send", text, false);
        lan.now_ms += 5;
    }
    cr_expect_eq(lan_count(0, "acme-x.y"), LOOPS_TIMES, "and there it ended");
    cr_expect_not_null(strstr(host->log, "xpl/raw/send"));
}

static size_t seen; /* events */

/* Somebody publishes what is seen on xpl/acme-gw.x/a1/power, or its opposite, to …/set, for so long. How many
 * commands that made. */
static int copy(int64_t ms, bool opposite)
{
    int commands = 0;
    for (int64_t end_ms = lan.now_ms + ms; lan.now_ms < end_ms; lan_pass(5))
        for (size_t end = lan.last; seen < end; seen++)
            if (strcmp(lan.events[seen].topic, "xpl/acme-gw.x/a1/power") == 0) {
                bool on = lan.events[seen].size == strlen("on");
                lan_publish("xpl/acme-gw.x/a1/power/set", on != opposite ? "on" : "off", false);
                commands++;
            }
    return commands;
}

static struct lan_host *begin_loop(const char *commands)
{
    struct lan_host *host = lan_host(0, (struct core_options){ 0 }, MAP);
    char text[128];
    lan_start(host);
    seen = lan.last;
    for (; *commands; commands++) {
        snprintf(text, sizeof(text), "xpl-trig acme-gw.x * x10.basic device=a1 command=%s",
                 *commands == '1' ? "on" : "off");
        lan_say(0, LAN_IP(0, 77), text);
    }
    return host;
}

static void expect_cut(struct lan_host *host, int commands)
{
    cr_expect_leq(commands, 20);
    cr_expect_eq(lan_counter(host, REFUSED_LOOP), 1);
    cr_expect_eq(lan_counter(host, COMMANDS), lan_counter(host, COMMANDS_SENT) + 1);
    cr_expect_not_null(strstr(host->log, "map 'lamp'"));
    cr_expect_not_null(strstr(host->log, "xpl/acme-gw.x/a1/power/set"));
}

Test(loops, a_loop_through_the_broker_is_cut_and_named)
{
    struct lan_host *host = begin_loop("1");
    expect_cut(host, copy(20000, false));
}

Test(loops, a_loop_of_two_values_is_cut_and_named)
{
    struct lan_host *host = begin_loop("10");
    expect_cut(host, copy(20000, false));
}

Test(loops, a_loop_that_turns_each_value_round_is_cut_and_named)
{
    struct lan_host *host = begin_loop("1");
    expect_cut(host, copy(20000, true));
}

Test(loops, a_button_that_is_held_down_is_obeyed_each_time_and_its_last_state_arrives)
{
    struct lan_host *host = begin_loop("1");
    for (int i = 0; i < 50; i++) {
        lan_publish("xpl/acme-gw.x/a1/power/set", i % 2 ? "on" : "off", false);
        lan_pass(200);
    }
    cr_expect_eq(lan_counter(host, REFUSED_LOOP), 0);
    cr_expect_eq(lan_counter(host, COMMANDS_SENT), 50);
    lan_pass(2 * LOOPS_HOLD_MS);
    size_t last = 0;
    for (size_t i = 0; i < lan.last; i++)
        if (strcmp(lan.events[i].topic, "xpl/acme-gw.x/a1/power") == 0)
            last = lan.events[i].size;
    cr_expect_eq(last, strlen("on"));
}
