#include <criterion/criterion.h>

#include "base/log.h"

Test(log, sets_all_or_nothing)
{
    cr_expect_eq(log_set_levels(XPL_SLICE("warning,mqtt=debug")), 0);
    cr_expect(log_enabled(LOG_MQTT, LOG_LEVEL_DEBUG));
    cr_expect_not(log_enabled(LOG_XPL, LOG_LEVEL_INFO));
    cr_expect_lt(log_set_levels(XPL_SLICE("debug,mqt=info")), 0);
    cr_expect_lt(log_set_levels(XPL_SLICE("loud")), 0);
    cr_expect_not(log_enabled(LOG_XPL, LOG_LEVEL_INFO));
}
