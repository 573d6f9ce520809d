/* When to say a heartbeat: three times to watch, the earliest of which is the deadline.
 *
 *   due      the regular heartbeat; each one said moves it
 *   answer   the one that a hbeat.request asked for; any heartbeat said meanwhile is the answer too
 *   missing  the end of waiting for an echo, only while connected; reached, the search begins with a
 * heartbeat at once
 */
#include "xpl/heartbeat.h"

#define NEVER INT64_MAX

void xpl_heartbeat_init(struct xpl_heartbeat *heartbeat, unsigned interval_minutes, int64_t now_ms)
{
    if (interval_minutes < XPL_HEARTBEAT_INTERVAL_MIN)
        interval_minutes = XPL_HEARTBEAT_INTERVAL_MIN;
    if (interval_minutes > XPL_HEARTBEAT_INTERVAL_MAX)
        interval_minutes = XPL_HEARTBEAT_INTERVAL_MAX;
    heartbeat->interval = interval_minutes;
    xpl_heartbeat_restart(heartbeat, now_ms);
}

void xpl_heartbeat_restart(struct xpl_heartbeat *heartbeat, int64_t now_ms)
{
    heartbeat->connected = false;
    heartbeat->search_ms = now_ms;
    heartbeat->due_ms = now_ms;
    heartbeat->answer_ms = NEVER;
    heartbeat->missing_ms = NEVER;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t xpl_heartbeat_deadline(const struct xpl_heartbeat *heartbeat)
{
    return earlier(heartbeat->due_ms, earlier(heartbeat->answer_ms, heartbeat->missing_ms));
}

static int64_t pause_of(const struct xpl_heartbeat *heartbeat, int64_t now_ms)
{
    if (heartbeat->connected)
        return (int64_t)heartbeat->interval * 60000;
    /* The last fast heartbeat is the last one that begins within the two minutes. */
    bool fast = now_ms - heartbeat->search_ms < XPL_HEARTBEAT_FAST_FOR - XPL_HEARTBEAT_FAST;
    return fast ? XPL_HEARTBEAT_FAST : XPL_HEARTBEAT_SLOW;
}

bool xpl_heartbeat_on_time(struct xpl_heartbeat *heartbeat, int64_t now_ms)
{
    if (now_ms >= heartbeat->missing_ms)
        xpl_heartbeat_restart(heartbeat, now_ms);
    if (now_ms < heartbeat->due_ms && now_ms < heartbeat->answer_ms)
        return false;
    heartbeat->answer_ms = NEVER;
    heartbeat->due_ms = now_ms + pause_of(heartbeat, now_ms);
    heartbeat->missing_ms = heartbeat->connected ? now_ms + XPL_HEARTBEAT_ECHO : NEVER;
    return true;
}

bool xpl_heartbeat_on_echo(struct xpl_heartbeat *heartbeat, int64_t now_ms)
{
    heartbeat->missing_ms = NEVER;
    if (heartbeat->connected)
        return false;
    heartbeat->connected = true;
    heartbeat->due_ms = now_ms + pause_of(heartbeat, now_ms);
    return true;
}

void xpl_heartbeat_on_request(struct xpl_heartbeat *heartbeat, int64_t now_ms, uint32_t chance)
{
    const uint32_t choices = XPL_HEARTBEAT_ANSWER_MAX - XPL_HEARTBEAT_ANSWER_MIN + 1;
    if (heartbeat->answer_ms == NEVER)
        heartbeat->answer_ms = now_ms + XPL_HEARTBEAT_ANSWER_MIN + chance % choices;
}
