#include "lan.h"

TestSuite(remote, .init = lan_open, .fini = lan_close, .timeout = 20);

#define MANAGER LAN_IP(0, 77)

static struct lan_host *host;

static void open_host(struct core_options options)
{
    host = lan_host(0, options, NULL);
    lan_start(host);
    lan_pass(100);
    lan_forget();
}

static void open_usual(void)
{
    static const char *const groups[] = { "den" };
    open_host((struct core_options){ .groups = groups, .n_groups = 1 });
}

#define OURS "xplmqtt-bridge.test"

Test(remote, says_what_can_be_configured)
{
    open_usual();
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x " OURS " config.list command=request");
    cr_expect_eq(lan_count(0, "xpl-stat\n{\nhop=1\nsource=" OURS
                              "\ntarget=*\n}\nconfig.list\n{\nreconf=newconf\n"
                              "option=interval\noption=group[16]\noption=filter[16]\n}\n"),
                 1);
}

Test(remote, says_how_it_is_configured)
{
    open_usual();
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x " OURS " config.current command=request");
    cr_expect_eq(
        lan_count(0, "config.current\n{\nnewconf=test\ninterval=5\ngroup=xpl-group.den\nfilter=\n}\n"), 1);
}

Test(remote, answers_a_question_to_all_or_to_its_group_and_none_to_others)
{
    open_usual();
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x * config.list command=request");
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x xpl-group.DEN config.list command=request");
    cr_expect_eq(lan_count(0, "reconf=newconf"), 2);
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x acme-lamp.x config.list command=request");
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x xpl-group.garden config.list command=request");
    lan_say(0, MANAGER, "xpl-stat acme-boss.x * config.list command=request");
    cr_expect_eq(lan_count(0, "reconf=newconf"), 2);
}

Test(remote, is_renamed_with_an_end_under_the_old_name_and_a_heartbeat_under_the_new)
{
    open_usual();
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x " OURS " config.response newconf=Kitchen");
    lan_pass(10);
    const char *end = strstr(lan.wire[0], "source=" OURS "\ntarget=*\n}\nhbeat.end");
    const char *app = strstr(lan.wire[0], "source=xplmqtt-bridge.kitchen\ntarget=*\n}\nhbeat.app");
    cr_assert_not_null(end);
    cr_assert_not_null(app);
    cr_expect_lt(end, app);
    cr_expect_not_null(strstr(host->info, "\"source\":\"xplmqtt-bridge.kitchen\""));
    cr_expect_eq(lan_counter(host, XPL_HEARTBEAT), 0, "neither name is a stranger's");
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x xplmqtt-bridge.kitchen config.current command=request");
    cr_expect_eq(lan_count(0, "newconf=kitchen"), 1);
}

Test(remote, obeys_only_what_is_targeted_at_it_alone)
{
    open_usual();
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x * config.response newconf=kitchen");
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x xpl-group.den config.response newconf=kitchen");
    lan_pass(10);
    cr_expect_eq(lan_count(0, "xplmqtt-bridge.kitchen"), 0);
    cr_expect_str_empty(host->remembered);
}

Test(remote, refuses_an_instance_that_is_not_legal_and_takes_the_rest)
{
    open_usual();
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x " OURS " config.response newconf=not_legal interval=10");
    lan_pass(10);
    cr_expect_eq(lan_count(0, "source=" OURS "\ntarget=*\n}\nhbeat.app\n{\ninterval=10\n"), 1);
    cr_expect_not_null(strstr(host->log, "newconf 'not_legal'"));
    cr_expect_eq(lan_count(0, "hbeat.end"), 0);
}

Test(remote, the_interval_is_kept_within_5_to_30_minutes)
{
    open_usual();
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x " OURS " config.response interval=600");
    lan_pass(10);
    cr_expect_eq(lan_count(0, "interval=30\n"), 1);
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x " OURS " config.response interval=abc");
    cr_expect_eq(host->core->network.heartbeat.interval, 30);
}

Test(remote, lists_are_replaced_as_a_whole_and_absent_ones_stay)
{
    open_usual();
    lan_say(0, MANAGER,
            "xpl-cmnd acme-boss.x " OURS
            " config.response group=XPL-GROUP.attic group=cellar filter=xpl-trig.*.*.*.x10.*");
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x xpl-group.cellar config.current command=request");
    cr_expect_eq(
        lan_count(0, "group=xpl-group.attic\ngroup=xpl-group.cellar\nfilter=xpl-trig.*.*.*.x10.*\n}"), 1);
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x " OURS " config.response filter=");
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x xpl-group.cellar config.current command=request");
    cr_expect_eq(lan_count(0, "group=xpl-group.attic\ngroup=xpl-group.cellar\nfilter=\n}"), 1);
}

Test(remote, lists_are_bounded)
{
    char text[2048];
    struct text long_text = TEXT(text);
    open_usual();
    text_string(&long_text, "xpl-cmnd acme-boss.x " OURS " config.response");
    for (int i = 0; i < 20; i++)
        text_format(&long_text, " group=g%d filter=xpl-trig.a.b.c.d.f%d", i, i);
    lan_say(0, MANAGER, text);
    cr_expect_eq(host->core->remote.n_groups, LIMIT_GROUPS);
    cr_expect_eq(host->core->remote.n_filters, REMOTE_FILTERS);
}

Test(remote, filters_leave_out_what_none_of_them_fits)
{
    open_usual();
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x " OURS " config.response filter=xpl-trig.acme.*.*.*.*");
    uint64_t before = lan_counter(host, XPL_UNMAPPED);
    lan_say(0, MANAGER, "xpl-trig acme-lamp.x * a.b c=1");
    lan_say(0, MANAGER, "xpl-stat acme-lamp.x * a.b c=1");
    lan_say(0, MANAGER, "xpl-trig other-lamp.x * a.b c=1");
    lan_say(0, MANAGER, "xpl-stat other-lamp.x * hbeat.app interval=5");
    lan_say(0, MANAGER, "xpl-cmnd other-lamp.x " OURS " a.b c=1");
    cr_expect_eq(lan_counter(host, XPL_UNMAPPED) - before, 2, "the one that fits, and the one to us");
    cr_expect_eq(lan_counter(host, XPL_FILTERED), 2);
    cr_expect_eq(lan_counter(host, XPL_HEARTBEAT), 1);
}

Test(remote, what_it_was_given_holds_in_the_next_run)
{
    open_usual();
    lan_say(0, MANAGER,
            "xpl-cmnd acme-boss.x " OURS
            " config.response newconf=kitchen interval=12 group=attic filter=*.*.*.*.x10.*");
    struct core_options options = { .remote = xpl_slice_from(host->remembered) };
    static const char *const groups[] = { "den" };
    options.groups = groups;
    options.n_groups = 1;
    open_host(options);
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x xpl-group.attic config.current command=request");
    cr_expect_eq(lan_count(0, "newconf=kitchen\ninterval=12\ngroup=xpl-group.attic\nfilter=*.*.*.*.x10.*\n"),
                 2, "both of them");
}

Test(remote, a_setting_that_was_changed_since_counts_for_more)
{
    open_usual();
    lan_say(0, MANAGER,
            "xpl-cmnd acme-boss.x " OURS " config.response newconf=kitchen interval=12 group=attic");
    static const char *const groups[] = { "lights" };
    open_host((struct core_options){ .source = "xplmqtt-bridge.new",
                                     .groups = groups,
                                     .n_groups = 1,
                                     .remote = xpl_slice_from(host->remembered) });
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x xplmqtt-bridge.new config.current command=request");
    cr_expect_eq(lan_count(0, "newconf=new\ninterval=12\ngroup=xpl-group.lights\n"), 1);
}

Test(remote, damaged_memories_are_left_alone)
{
    open_host((struct core_options){
        .remote = XPL_SLICE("newconf\n=\nnewconf=a "
                            "b\nnewconf-was=test\ninterval=-1\ngroup-was=\ngroup=\x01\nfilter=x\n\n") });
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x " OURS " config.current command=request");
    cr_expect_eq(lan_count(0, "newconf=test\ninterval=5\ngroup=\nfilter=\n"), 1);
}

Test(remote, nothing_is_written_when_nothing_changes)
{
    open_usual();
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x " OURS " config.response interval=12");
    cr_expect_str_not_empty(host->remembered);
    host->remembered[0] = '\0';
    lan_say(0, MANAGER, "xpl-cmnd acme-boss.x " OURS " config.response interval=12");
    cr_expect_str_empty(host->remembered);
}
