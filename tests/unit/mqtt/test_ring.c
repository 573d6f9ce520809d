#include <criterion/criterion.h>

#include <stdio.h>

#include "base/error.h"
#include "base/limits.h"
#include "mqtt/ring.h"

static struct xpl_slice none = { NULL, 0 };

static int append(struct ring *ring, const char *topic, struct xpl_slice payload)
{
    struct ring_record *record;
    return ring_append(ring, xpl_slice_from(topic), payload, none, &record);
}

static void drop_oldest(struct ring *ring)
{
    ring_get(ring, ring->tail)->status = RING_DONE;
    ring_sweep(ring);
}

Test(ring, gives_back_what_was_put_in)
{
    struct ring ring;
    struct ring_record *record;
    ring_init(&ring);
    cr_assert_eq(ring_append(&ring, XPL_SLICE("a/b"), XPL_SLICE("1"), XPL_SLICE("id"), &record), 0);
    cr_assert_eq(ring_append(&ring, XPL_SLICE("c"), none, none, &record), 0);
    cr_expect_str_eq(ring_topic(&ring, ring_get(&ring, 0)).data, "a/b");
    cr_expect(xpl_slice_equal(ring_payload(&ring, ring_get(&ring, 0)), XPL_SLICE("1")));
    cr_expect(xpl_slice_equal(ring_correlation(&ring, ring_get(&ring, 0)), XPL_SLICE("id")));
    cr_expect_str_eq(ring_topic(&ring, ring_get(&ring, 1)).data, "c");
    cr_expect_eq(ring_payload(&ring, ring_get(&ring, 1)).size, 0u);
    cr_expect_null(ring_correlation(&ring, ring_get(&ring, 1)).data);
    ring_deinit(&ring);
}

Test(ring, keeps_contents_while_it_wraps_and_grows)
{
    struct ring ring;
    char payload[700];
    uint32_t chance = 1;
    ring_init(&ring);
    for (uint64_t n = 0; n < 20000; n++) {
        chance = chance * 1664525u + 1013904223u;
        size_t size = 8 + (chance >> 16) % (sizeof(payload) - 8);
        memset(payload, (int)('a' + n % 26), sizeof(payload));
        memcpy(payload, &n, sizeof(n));
        cr_assert_eq(append(&ring, "topic", xpl_slice(payload, size)), 0);
        while (ring.head - ring.tail > (chance >> 8) % 200)
            drop_oldest(&ring);
        for (uint64_t m = ring.tail; m < ring.head; m++) {
            struct xpl_slice kept = ring_payload(&ring, ring_get(&ring, m));
            cr_assert_str_eq(ring_topic(&ring, ring_get(&ring, m)).data, "topic");
            cr_assert_eq(memcmp(kept.data, &m, sizeof(m)), 0);
            cr_assert_eq(kept.data[kept.size - 1], kept.size > 8 ? (char)('a' + m % 26) : ((char *)&m)[7]);
        }
    }
    ring_deinit(&ring);
}

Test(ring, says_when_the_oldest_has_to_go_for_number)
{
    struct ring ring;
    ring_init(&ring);
    for (int i = 0; i < LIMIT_EVENTS; i++)
        cr_assert_eq(append(&ring, "t", XPL_SLICE("x")), 0);
    cr_expect_eq(append(&ring, "t", XPL_SLICE("x")), -ENOSPC);
    drop_oldest(&ring);
    cr_expect_eq(append(&ring, "t", XPL_SLICE("x")), 0);
    ring_deinit(&ring);
}

Test(ring, says_when_the_oldest_has_to_go_for_bytes)
{
    static char large[LIMIT_EVENT_BYTES / 4];
    struct ring ring;
    ring_init(&ring);
    int fit = 0;
    while (append(&ring, "t", xpl_slice(large, sizeof(large))) == 0)
        fit++;
    cr_expect_eq(fit, 3);
    cr_expect_leq(ring.capacity, (size_t)LIMIT_EVENT_BYTES);
    drop_oldest(&ring);
    cr_expect_eq(append(&ring, "t", xpl_slice(large, sizeof(large))), 0);
    ring_deinit(&ring);
}

Test(ring, gives_a_large_buffer_back_when_empty)
{
    static char large[200000];
    struct ring ring;
    ring_init(&ring);
    cr_assert_eq(append(&ring, "t", xpl_slice(large, sizeof(large))), 0);
    drop_oldest(&ring);
    cr_expect_eq(ring.capacity, 0u);
    cr_expect_eq(append(&ring, "t", XPL_SLICE("x")), 0);
    cr_expect_eq(ring.tail, 1u);
    ring_deinit(&ring);
}

Test(ring, frees_only_from_the_oldest_on)
{
    struct ring ring;
    ring_init(&ring);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(append(&ring, "t", XPL_SLICE("x")), 0);
    ring_get(&ring, 1)->status = RING_DONE;
    ring_sweep(&ring);
    cr_expect_eq(ring.tail, 0u);
    ring_get(&ring, 0)->status = RING_DONE;
    ring_sweep(&ring);
    cr_expect_eq(ring.tail, 2u);
    ring_deinit(&ring);
}

/* Eight records of 512 bytes fill the first buffer of 4096. */
static void fill(struct ring *ring, int drop)
{
    static char payload[512 - 2];
    ring_init(ring);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(append(ring, "t", xpl_slice(payload, sizeof(payload))), 0);
    cr_assert_eq(ring->capacity, 4096u);
    for (int i = 0; i < drop; i++)
        drop_oldest(ring);
}

static void expect_intact(struct ring *ring)
{
    for (uint64_t n = ring->tail; n < ring->head; n++)
        cr_expect_str_eq(ring_topic(ring, ring_get(ring, n)).data, "t");
}

Test(ring, uses_the_last_byte_and_not_one_more)
{
    static char payload[513 - 2];
    struct ring ring;
    for (int drop = 1; drop < 3; drop++) {
        fill(&ring, drop);
        for (int i = 0; i < drop; i++)
            cr_assert_eq(append(&ring, "t", xpl_slice(payload, 512 - 2)), 0);
        cr_expect_eq(ring.capacity, 4096u, "an exact fit");
        expect_intact(&ring);
        ring_deinit(&ring);

        fill(&ring, drop);
        for (int i = 1; i < drop; i++)
            cr_assert_eq(append(&ring, "t", xpl_slice(payload, 512 - 2)), 0);
        cr_assert_eq(append(&ring, "t", xpl_slice(payload, 513 - 2)), 0);
        cr_expect_eq(ring.capacity, 8192u, "one byte too many");
        expect_intact(&ring);
        ring_deinit(&ring);
    }
}
