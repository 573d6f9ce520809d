#include <criterion/criterion.h>

#include <criterion/redirect.h>
#include <stdlib.h>

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

Test(log, what_was_asked_for_is_written_at_any_level)
{
    unsetenv("JOURNAL_STREAM");
    cr_redirect_stderr();
    log_set_level(LOG_AREAS, LOG_LEVEL_ERROR);
    log_info(LOG_DAEMON, "not this");
    log_always(LOG_DAEMON, "published %d (to\nMQTT)", 3);
    fflush(stderr);
    cr_expect_stderr_eq_str("daemon: published 3 (to?MQTT)\n");
}
