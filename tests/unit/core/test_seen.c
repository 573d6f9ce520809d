#include <criterion/criterion.h>

#include "core/digest.h"
#include "core/homes.h"
#include "core/seen.h"

static struct seen seen;
static struct homes homes;

Test(seen, knows_what_it_saw_for_some_seconds)
{
    seen_add(&seen, 7, SEEN_SENT, 1000);
    cr_expect(seen_has(&seen, 7, SEEN_SENT, 1000 + SEEN_MS - 1));
    cr_expect_not(seen_has(&seen, 7, SEEN_SENT, 1000 + SEEN_MS));
    cr_expect_not(seen_has(&seen, 7, SEEN_PUBLISHED, 1001));
    cr_expect_not(seen_has(&seen, 8, SEEN_SENT, 1001));
    seen_add(&seen, 7, SEEN_PUBLISHED, 2000);
    cr_expect(seen_has(&seen, 7, SEEN_SENT, 2001));
    cr_expect(seen_has(&seen, 7, SEEN_PUBLISHED, 2001));
}

Test(seen, the_oldest_makes_room)
{
    for (uint64_t i = 0; i <= SEEN_WAYS; i++)
        seen_add(&seen, 4 + i * SEEN_ENTRIES, SEEN_SENT, 1000 + (int64_t)i);
    cr_expect_not(seen_has(&seen, 4, SEEN_SENT, 1010));
    for (uint64_t i = 1; i <= SEEN_WAYS; i++)
        cr_expect(seen_has(&seen, 4 + i * SEEN_ENTRIES, SEEN_SENT, 1010));
}

Test(homes, a_source_lives_where_it_was_heard_last)
{
    cr_expect_eq(homes_get(&homes, 9, 1000), HOMES_UNKNOWN);
    homes_set(&homes, 9, HOMES_HERE, 1000);
    homes_set(&homes, 10, 555, 1000);
    cr_expect_eq(homes_get(&homes, 9, 1000), HOMES_HERE);
    homes_set(&homes, 9, 777, 2000);
    cr_expect_eq(homes_get(&homes, 9, 2000), 777);
    cr_expect_eq(homes_get(&homes, 9, 2000 + HOMES_MS), HOMES_UNKNOWN);
    cr_expect_eq(homes_get(&homes, 10, 2000), 555);
}

Test(homes, the_longest_unheard_makes_room)
{
    for (uint64_t i = 0; i <= HOMES_WAYS; i++)
        homes_set(&homes, 4 + i * HOMES_ENTRIES, 5, 1000 + (int64_t)i);
    cr_expect_eq(homes_get(&homes, 4, 1010), HOMES_UNKNOWN);
    for (uint64_t i = 1; i <= HOMES_WAYS; i++)
        cr_expect_eq(homes_get(&homes, 4 + i * HOMES_ENTRIES, 1010), 5);
}

static uint64_t digest(const char *text)
{
    static struct xpl_message message;
    cr_assert_eq(xpl_message_parse(&message, text, strlen(text)), 0);
    return digest_message(&message);
}

Test(digest, is_the_same_for_what_hubs_make_of_a_message)
{
    uint64_t original = digest(
        "xpl-trig\n{\nhop=3\nsource=Acme-Lamp.X\ntarget=*\n}\nA.B\n{\nlow-battery=1\nb={\xc3\xa9}\n}\n");
    cr_expect_eq(
        digest("XPL-TRIG\n{\ntarget=*\nhop=1\nsource=acme-lamp.x\n}\na.b\n{\nb=|||||\nLOW_battery=1\n}\n"),
        digest("xpl-trig\n{\nhop=3\nsource=Acme-Lamp.X\ntarget=*\n}\nA.B\n{\nlow-battery=1\nb=|{|}|\n}\n"));
    cr_expect_neq(
        digest(
            "xpl-trig\n{\nhop=3\nsource=acme-lamp.x\ntarget=*\n}\na.b\n{\nlow-battery=2\nb={\xc3\xa9}\n}\n"),
        original);
    cr_expect_neq(
        digest(
            "xpl-stat\n{\nhop=3\nsource=acme-lamp.x\ntarget=*\n}\na.b\n{\nlow-battery=1\nb={\xc3\xa9}\n}\n"),
        original);
    cr_expect_neq(
        digest(
            "xpl-trig\n{\nhop=3\nsource=acme-lamp.y\ntarget=*\n}\na.b\n{\nlow-battery=1\nb={\xc3\xa9}\n}\n"),
        original);
    cr_expect_neq(
        digest(
            "xpl-trig\n{\nhop=3\nsource=acme-lamp.x\ntarget=*\n}\na.c\n{\nlow-battery=1\nb={\xc3\xa9}\n}\n"),
        original);
}
