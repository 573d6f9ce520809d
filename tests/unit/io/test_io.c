#include <criterion/criterion.h>

#include "io/io.h"

Test(io, monotonic_time_never_goes_back)
{
    int64_t last = io_now_ms();
    cr_expect_gt(last, 0);
    for (int i = 0; i < 1000; i++) {
        int64_t now = io_now_ms();
        cr_assert_geq(now, last);
        last = now;
    }
}

Test(io, wall_time_counts_from_1970_in_milliseconds)
{
    cr_expect_gt(io_wall_ms(), 1600000000000); /* 2020 */
    cr_expect_lt(io_wall_ms(), 4102444800000); /* 2100 */
}

Test(io, chance_is_no_constant)
{
    uint32_t all = 0, none = UINT32_MAX;
    for (int i = 0; i < 200; i++) {
        uint32_t random = io_random();
        all |= random;
        none &= random;
    }
    cr_expect_eq(all, UINT32_MAX);
    cr_expect_eq(none, 0);
}
