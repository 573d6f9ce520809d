#include <criterion/criterion.h>

#include "base/limits.h"
#include "core/fragments.h"

#include <stdio.h>

static struct fragments fragments;
static struct xpl_message message;
static struct xpl_slice whole;
static int64_t now = 1000;

static void stop(void)
{
    fragments_deinit(&fragments);
    cr_expect_eq(fragments.bytes, 0);
    cr_expect_eq(fragments.n_sets, 0);
}

TestSuite(fragments, .fini = stop, .timeout = 20);

static enum fragments_result hear(const char *source, const char *body)
{
    static char text[8192];
    int size =
        snprintf(text, sizeof(text),
                 "xpl-trig\n{\nhop=2\nsource=%s\ntarget=acme-b.c\n}\nfragment.basic\n{\n%s}\n", source, body);
    cr_assert_eq(xpl_message_parse(&message, text, (size_t)size), 0);
    cr_assert(fragments_is_part(&message));
    return fragments_on_part(&fragments, &message, xpl_slice(text, (size_t)size), now, &whole);
}

static void expect_whole(const char *items)
{
    char text[8192];
    int size =
        snprintf(text, sizeof(text),
                 "xpl-trig\n{\nhop=2\nsource=acme-a.b\ntarget=acme-b.c\n}\nsome.thing\n{\n%s}\n", items);
    cr_expect_eq(whole.size, (size_t)size);
    cr_expect_eq(memcmp(whole.data, text, whole.size), 0, "%.*s", (int)whole.size, whole.data);
}

Test(fragments, parts_in_any_order_make_the_message)
{
    cr_expect_eq(hear("acme-a.b", "partid=3/3:9\nd=4\n"), FRAGMENTS_PART);
    cr_expect_eq(hear("acme-a.b", "partid=1/3:9\nschema=some.thing\na=1\nb=2\n"), FRAGMENTS_PART);
    cr_expect_eq(hear("acme-a.b", "partid=2/3:9\nb=3\nschema=mine\n"), FRAGMENTS_WHOLE);
    expect_whole("a=1\nb=2\nb=3\nschema=mine\nd=4\n");
}

Test(fragments, a_sender_may_repeat_the_schema_in_each_part)
{
    hear("acme-a.b", "partid=1/2:9\nschema=some.thing\na=1\n");
    cr_expect_eq(hear("acme-a.b", "partid=2/2:9\nschema=some.thing\nb= {=2} \n"), FRAGMENTS_WHOLE);
    expect_whole("a=1\nb= {=2} \n");
}

Test(fragments, a_message_of_one_part_is_whole_at_once)
{
    cr_expect_eq(hear("acme-a.b", "partid=1/1:0\nschema=some.thing\na=1\n"), FRAGMENTS_WHOLE);
    expect_whole("a=1\n");
}

Test(fragments, a_part_that_comes_twice_changes_nothing)
{
    hear("acme-a.b", "partid=1/2:9\nschema=some.thing\na=1\n");
    cr_expect_eq(hear("acme-a.b", "partid=1/2:9\nschema=some.thing\na=1\n"), FRAGMENTS_PART);
    cr_expect_eq(hear("acme-a.b", "partid=2/2:9\nb=2\n"), FRAGMENTS_WHOLE);
    cr_expect_eq(hear("acme-a.b", "partid=2/2:9\nb=2\n"), FRAGMENTS_PART, "late");
    cr_expect_eq(hear("acme-a.b", "partid=1/2:9\nschema=some.thing\na=1\n"), FRAGMENTS_PART, "late");
    struct fragments_request request;
    now += 100000;
    cr_expect_eq(fragments_on_time(&fragments, now, &request), FRAGMENTS_NOTHING);
    cr_expect_eq(fragments_deadline(&fragments), INT64_MAX);
}

Test(fragments, sources_and_ids_are_kept_apart)
{
    hear("acme-a.b", "partid=1/2:9\nschema=some.thing\na=1\n");
    cr_expect_eq(hear("acme-x.y", "partid=2/2:9\nb=2\n"), FRAGMENTS_PART);
    cr_expect_eq(hear("acme-a.b", "partid=2/2:8\nb=2\n"), FRAGMENTS_PART);
    cr_expect_eq(hear("ACME-A.B", "partid=2/2:9\nb=2\n"), FRAGMENTS_WHOLE);
    expect_whole("a=1\nb=2\n");
}

Test(fragments, what_makes_no_sense_is_refused)
{
    static const char *const bodies[] = {
        "a=1\n",           "partid=\n",          "partid=1/2\n",   "partid=0/2:1\n", "partid=3/2:1\n",
        "partid=1/0:1\n",  "partid=1/100:1\n",   "partid=x/2:1\n", "partid=1/2:\n",  "partid=1/2:x\n",
        "partid=-1/2:1\n", "partid=1/2:99999\n", "partid= 1/2:1\n"
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++)
        cr_expect_eq(hear("acme-a.b", bodies[i]), FRAGMENTS_REFUSED, "%s", bodies[i]);
    cr_expect_eq(fragments.n_sets, 0);
}

Test(fragments, a_message_without_schema_is_refused_when_it_is_whole)
{
    hear("acme-a.b", "partid=1/2:1\na=1\n");
    cr_expect_eq(hear("acme-a.b", "partid=2/2:1\na=1\n"), FRAGMENTS_REFUSED);
    cr_expect_eq(fragments.bytes, 0);
}

Test(fragments, asks_after_three_seconds_and_gives_up_five_later)
{
    struct fragments_request request;
    hear("acme-a.b", "partid=1/3:9\nschema=some.thing\na=1\n");
    now += 2000;
    hear("acme-a.b", "partid=3/3:9\na=3\n");
    cr_expect_eq(fragments_deadline(&fragments), now + 3000, "from the last part on");
    cr_expect_eq(fragments_on_time(&fragments, now + 2999, &request), FRAGMENTS_NOTHING);
    now += 3000;
    cr_assert_eq(fragments_on_time(&fragments, now, &request), FRAGMENTS_ASK);
    cr_expect(xpl_slice_equal(request.source, XPL_SLICE("acme-a.b")));
    cr_expect_eq(request.id, 9);
    cr_assert_eq(request.n_missing, 1);
    cr_expect_eq(request.missing[0], 2);
    cr_expect_eq(fragments_on_time(&fragments, now, &request), FRAGMENTS_NOTHING);
    now += 4999;
    cr_expect_eq(fragments_on_time(&fragments, now, &request), FRAGMENTS_NOTHING);
    cr_expect_eq(fragments_on_time(&fragments, now + 1, &request), FRAGMENTS_GIVEN_UP);
    cr_expect_eq(fragments.bytes, 0);
}

Test(fragments, a_part_that_was_asked_for_completes)
{
    struct fragments_request request;
    hear("acme-a.b", "partid=1/2:9\nschema=some.thing\na=1\n");
    now += 3000;
    fragments_on_time(&fragments, now, &request);
    now += 4000;
    cr_expect_eq(hear("acme-a.b", "partid=2/2:9\nb=2\n"), FRAGMENTS_WHOLE);
    expect_whole("a=1\nb=2\n");
}

Test(fragments, messages_in_the_making_are_bounded)
{
    char source[64], body[64];
    for (int i = 0; i < 10; i++) {
        snprintf(body, sizeof(body), "partid=1/2:%d\nschema=a.b\n", i);
        cr_expect_eq(hear("acme-mad.x", body),
                     i < LIMIT_FRAGMENTS_SOURCE ? FRAGMENTS_PART : FRAGMENTS_REFUSED);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(source, sizeof(source), "acme-mad.n%d", i);
        hear(source, "partid=1/2:1\nschema=a.b\n");
    }
    cr_expect_eq(fragments.n_sets, LIMIT_FRAGMENTS);
}

Test(fragments, what_is_whole_takes_no_room_from_what_is_in_the_making)
{
    char source[64], body[64];
    for (int i = 0; i < 2 * LIMIT_FRAGMENTS; i++) {
        snprintf(body, sizeof(body), "partid=1/2:%d\nschema=a.b\n", i);
        cr_expect_eq(hear("acme-busy.x", body), FRAGMENTS_PART);
        snprintf(body, sizeof(body), "partid=2/2:%d\nb=2\n", i);
        cr_expect_eq(hear("acme-busy.x", body), FRAGMENTS_WHOLE, "message %d", i);
    }
    cr_expect_eq(hear("acme-busy.x", body), FRAGMENTS_PART, "the last ones are remembered");
    for (int i = 0; i < 2 * LIMIT_FRAGMENTS; i++) {
        snprintf(source, sizeof(source), "acme-slow.n%d", i);
        cr_expect_eq(hear(source, "partid=1/2:1\nschema=a.b\n"),
                     i < LIMIT_FRAGMENTS ? FRAGMENTS_PART : FRAGMENTS_REFUSED);
    }
    cr_expect_eq(fragments.n_sets, LIMIT_FRAGMENTS);
}

Test(fragments, their_bytes_are_bounded)
{
    static char body[8000];
    enum fragments_result result = FRAGMENTS_PART;
    int parts = 0;
    for (int i = 0; i < 4 && result == FRAGMENTS_PART; i++)
        for (int k = 1; k < 99 && result == FRAGMENTS_PART; k++, parts++) {
            snprintf(body, sizeof(body), "partid=%d/99:%d\na=%07000d\n", k, i, 0);
            result = hear("acme-a.b", body);
        }
    cr_expect_eq(result, FRAGMENTS_REFUSED);
    cr_expect_leq(fragments.bytes, LIMIT_FRAGMENTS_BYTES);
    cr_expect_gt(fragments.bytes, LIMIT_FRAGMENTS_BYTES - 8000);
}

Test(fragments, a_whole_that_no_datagram_could_hold_is_refused)
{
    static char body[8000];
    enum fragments_result result = FRAGMENTS_PART;
    for (int k = 1; k <= 12; k++) {
        snprintf(body, sizeof(body), "partid=%d/12:1\nschema=a.b\na=%07000d\n", k, 0);
        result = hear("acme-a.b", body);
    }
    cr_expect_eq(result, FRAGMENTS_REFUSED);
    cr_expect_eq(fragments.bytes, 0);
}
