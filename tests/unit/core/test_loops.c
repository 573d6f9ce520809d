#include "lan.h"

TestSuite(loops, .init = lan_open, .fini = lan_close, .timeout = 20);

static struct loops loops;

static int run(int n, int64_t gap_ms, uint64_t command)
{
    int refused = 0;
    for (int i = 0; i < n; i++) {
        loops_on_state(&loops, 1, 11, lan.now_ms);
        lan.now_ms += gap_ms;
        refused += loops_on_command(&loops, 1, command, lan.now_ms);
    }
    return refused;
}

Test(loops, the_sixth_echo_in_a_row_is_refused)
{
    cr_expect_eq(run(5, 10, 11), 0);
    cr_expect_eq(run(1, 10, 11), 1);
    cr_expect_eq(run(5, 10, 11), 0, "and then it begins anew");
}

Test(loops, a_person_is_not_refused)
{
    cr_expect_eq(run(100, 600, 11), 0, "slower");
    cr_expect_eq(run(100, 10, 12), 0, "something else than the state");
    for (int i = 0; i < 100; i++) /* five times on, then off */
        cr_expect_eq(run(5, 10, 11) + run(1, 10, 12), 0);
    loops_on_state(&loops, 1, 11, lan.now_ms);
    for (int i = 0; i < 100; i++) /* no state between the commands */
        cr_expect_not(loops_on_command(&loops, 1, 11, lan.now_ms));
    cr_expect_not(loops_on_command(&loops, 2, 11, lan.now_ms), "what was never published");
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
    for (int i = 0; i < 6; i++) {
        cr_expect_eq(lan_count(0, "acme-x.y"), (size_t)(i + 1));
        lan_publish("xpl/raw/send", text, false);
        lan.now_ms += 5;
    }
    cr_expect_eq(lan_count(0, "acme-x.y"), 6, "and there it ended");
    cr_expect_not_null(strstr(host->log, "xpl/raw/send"));
}

/* Somebody copies xpl/acme-gw.x/a1/power to …/set. */
static int turn(int rounds)
{
    int states = 0;
    for (int i = 0; i < rounds; i++) {
        size_t seen = lan.last;
        lan_publish("xpl/acme-gw.x/a1/power/set", "on", false);
        for (; seen < lan.last; seen++)
            states += strcmp(lan.events[seen].topic, "xpl/acme-gw.x/a1/power") == 0;
        lan.now_ms += 5;
    }
    return states;
}

Test(loops, a_loop_through_the_broker_is_cut_and_named)
{
    struct lan_host *host = lan_host(0, (struct core_options){ 0 }, MAP);
    lan_start(host);
    lan_say(0, LAN_IP(0, 77), "xpl-trig acme-gw.x * x10.basic device=a1 command=on");
    lan_forget();
    cr_expect_eq(turn(5), 5);
    cr_expect_eq(turn(1), 0, "it makes no state, so the loop ends");
    cr_expect_eq(lan_counter(host, REFUSED_LOOP), 1);
    cr_expect_eq(lan_counter(host, COMMANDS), lan_counter(host, COMMANDS_SENT) + 1);
    cr_expect_not_null(strstr(host->log, "map 'lamp'"));
    cr_expect_not_null(strstr(host->log, "xpl/acme-gw.x/a1/power/set"));
}
