#include "fake_spool.h"
#include "session_test.h"

static struct fake_spool spool;

static void begin(void)
{
    setup();
    fake_spool_restore(&spool, world.session);
}

static void make(void)
{
    memset(&spool, 0, sizeof(spool));
    begin();
}

/* The clock goes on; every commit is told of at once. */
static void pass(int64_t ms)
{
    for (int64_t end_ms = world.now_ms + ms; world.now_ms < end_ms;) {
        world_pass(&world, 10);
        while (fake_spool_tell(&spool, world.session, world.now_ms))
            session_on_time(world.session, world.now_ms);
    }
}

static void kill_and_restart(void)
{
    teardown();
    begin();
}

TestSuite(outbox_spool, .init = make, .fini = teardown);

Test(outbox_spool, nothing_is_written_while_the_broker_answers)
{
    world_start(&world);
    for (int i = 0; i < 100; i++) {
        world_state(&world, "s", "1");
        world_event(&world, "e", "1");
        pass(20);
    }
    cr_expect_eq(spool.commits, 0);
}

Test(outbox_spool, what_waits_is_written_within_100_ms)
{
    world_state(&world, "s", "1");
    world_event(&world, "e", "2");
    pass(100);
    cr_expect_str_eq(fake_spool_state(&spool, "s"), "1");
    cr_expect_str_eq(fake_spool_events(&spool), "2");
}

Test(outbox_spool, many_messages_go_in_few_commits)
{
    for (int i = 0; i < 200; i++) {
        world_event(&world, "e", "1");
        pass(10);
    }
    pass(100);
    cr_expect_eq(spool.puts, 200);
    cr_expect_leq(spool.commits, 2100 / 50);
}

Test(outbox_spool, what_has_just_come_is_not_written_with_what_has_waited)
{
    world_event(&world, "e", "1");
    world_pass(&world, 30);
    world_event(&world, "e", "2");
    world_state(&world, "s", "1");
    world_pass(&world, 40);
    cr_expect_str_eq(fake_spool_events(&spool), "1");
    cr_expect_eq(fake_spool_state(&spool, "s"), NULL);
}

Test(outbox_spool, restored_events_leave_the_disk_one_by_one)
{
    for (int i = 0; i < 3; i++) {
        world_state(&world, "s", "1");
        world_event(&world, "e", "1");
    }
    pass(100);
    kill_and_restart();
    session_start(world.session, world.now_ms);
    world.broker->hold = true;
    world_run(&world);
    world.broker->hold = false;
    fake_take(world.broker, 2); /* the state and one event */
    world.broker->hold = true;
    pass(100);
    cr_expect_str_eq(fake_spool_events(&spool), "1 1");
    cr_expect_eq(fake_spool_state(&spool, "s"), NULL);
    world.broker->hold = false;
    world_run(&world);
}

Test(outbox_spool, a_transient_message_is_never_written)
{
    world_start(&world);
    world.broker->hold = true;
    world_transient(&world, "t", "1");
    pass(200);
    cr_expect_eq(spool.commits, 0);
}

Test(outbox_spool, a_state_has_one_row_with_its_newest_value)
{
    world_state(&world, "s", "1");
    pass(100);
    world_state(&world, "s", "2");
    world_state(&world, "s", "3");
    pass(100);
    cr_expect_eq(spool.disk.n, 1);
    cr_expect_str_eq(fake_spool_state(&spool, "s"), "3");
}

Test(outbox_spool, what_is_acknowledged_leaves_the_disk)
{
    world_state(&world, "s", "1");
    world_event(&world, "e", "2");
    pass(100);
    cr_assert_eq(spool.disk.n, 2);
    world_start(&world);
    pass(200);
    cr_expect_eq(spool.disk.n, 0);
}

Test(outbox_spool, what_is_refused_leaves_the_disk)
{
    world.broker->refused = "s";
    world.broker->refused_reason = 0x87;
    world_state(&world, "s", "1");
    pass(100);
    cr_assert_eq(spool.disk.n, 1);
    world_start(&world);
    pass(200);
    cr_expect_eq(spool.disk.n, 0);
}

Test(outbox_spool, a_forgotten_state_leaves_the_disk)
{
    world_state(&world, "s", "1");
    pass(100);
    session_forget(world.session, XPL_SLICE("s"));
    pass(100);
    cr_expect_eq(spool.disk.n, 0);
}

Test(outbox_spool, an_expired_event_leaves_the_disk)
{
    world_event(&world, "e", "1");
    pass(100);
    cr_assert_eq(spool.disk.n, 1);
    world_pass(&world, 3600000);
    pass(200);
    cr_expect_eq(spool.disk.n, 0);
    cr_expect_eq(world_counted(&world, COUNT_EXPIRED), 1);
}

Test(outbox_spool, after_a_kill_events_come_in_order_and_states_with_their_newest_value)
{
    world_event(&world, "e", "1");
    world_state(&world, "s", "1");
    world_event(&world, "e", "2");
    world_state(&world, "s", "2");
    pass(100);
    kill_and_restart();
    world_event(&world, "e", "3");
    world_start(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "s=2 e=1 e=2 e=3");
    cr_expect_eq(world_counted(&world, COUNT_SPOOL_RESTORED), 3);
    pass(200);
    cr_expect_eq(spool.disk.n, 0);
}

Test(outbox_spool, a_second_kill_loses_nothing_either)
{
    world_event(&world, "e", "1");
    pass(100);
    kill_and_restart();
    world_event(&world, "e", "2");
    pass(100);
    kill_and_restart();
    cr_expect_str_eq(fake_spool_events(&spool), "1 2");
    world_start(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "e=1 e=2");
}

Test(outbox_spool, a_cleared_state_is_cleared_after_a_kill)
{
    world_state(&world, "s", "1");
    pass(100);
    world_state(&world, "s", "");
    pass(100);
    kill_and_restart();
    world_start(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "s=");
    pass(200);
    cr_expect_eq(spool.disk.n, 0);
}

Test(outbox_spool, an_event_keeps_its_age_across_a_kill)
{
    world_event(&world, "e", "1");
    pass(100);
    int64_t later_ms = world.now_ms + 3600000;
    teardown();
    setup();
    world.now_ms = later_ms;
    fake_spool_restore(&spool, world.session);
    world_start(&world);
    cr_expect_eq(world.broker->taken.n, 0);
    cr_expect_eq(world_counted(&world, COUNT_EXPIRED), 1);
}

Test(outbox_spool, a_newer_value_replaces_a_restored_one)
{
    world_state(&world, "s", "1");
    pass(100);
    kill_and_restart();
    world_state(&world, "s", "2");
    world_start(&world);
    pass(100);
    cr_expect_str_eq(fake_taken(world.broker, 0), "s=2");
}

Test(outbox_spool, a_newer_value_does_not_overtake_its_row)
{
    world_state(&world, "s", "1");
    pass(100);
    world_start(&world);
    world_state(&world, "s", "2");
    world_run(&world);
    cr_expect_str_eq(fake_taken(world.broker, 0), "s=1");
    cr_expect_eq(session_waiting(world.session), 1);
    pass(100);
    cr_expect_str_eq(fake_taken(world.broker, 0), "s=1 s=2");
}

Test(outbox_spool, the_last_word_waits_for_no_row)
{
    world_state(&world, "xpl/bridge/state", "online");
    pass(100);
    world_start(&world);
    session_stop(world.session, 1000, world.now_ms);
    world_run(&world);
    cr_expect_str_eq(fake_retained(world.broker, "xpl/bridge/state"), "offline");
    cr_expect_eq(world.closes, 1);
}

Test(outbox_spool, a_full_disk_is_loud_once_and_stops_nothing)
{
    spool.full = true;
    for (int i = 0; i < 5; i++) {
        world_event(&world, "e", "1");
        pass(60000);
    }
    cr_expect_geq(world_counted(&world, COUNT_SPOOL_FAILURES), 3);
    cr_expect(world_logged(&world, "error the spool on disk failed: disk full"));
    cr_expect_eq(strstr(strstr(world.log, "error the spool") + 1, "error the spool"), NULL);
    world_start(&world);
    cr_expect_eq(world.broker->taken.n, 5);
}

Test(outbox_spool, a_disk_that_has_room_again_gets_all_that_is_owed)
{
    spool.full = true;
    world_event(&world, "e", "1");
    world_state(&world, "s", "1");
    pass(1000);
    spool.full = false;
    world_state(&world, "t", "1");
    pass(1000);
    cr_expect_eq(spool.disk.n, 0, "tried again too soon");
    pass(60000);
    cr_expect_str_eq(fake_spool_events(&spool), "1");
    cr_expect_str_eq(fake_spool_state(&spool, "s"), "1");
    cr_expect_str_eq(fake_spool_state(&spool, "t"), "1");
    cr_expect(world_logged(&world, "warning the spool on disk works again"));
    world_start(&world);
    pass(200);
    cr_expect_eq(spool.disk.n, 0);
}

Test(outbox_spool, at_the_end_all_is_written_without_waiting)
{
    world_state(&world, "s", "1");
    world_event(&world, "e", "2");
    cr_expect_not(session_spool_end(world.session, world.now_ms), "a commit is under way");
    fake_spool_tell(&spool, world.session, world.now_ms);
    cr_expect(session_spool_end(world.session, world.now_ms));
    cr_expect_eq(spool.disk.n, 2);
}

Test(outbox_spool, the_end_does_not_wait_for_a_disk_that_failed)
{
    spool.full = true;
    world_state(&world, "s", "1");
    pass(200);
    cr_expect(session_spool_end(world.session, world.now_ms));
}
