#include "io/io.h"

#include <sys/random.h>
#include <time.h>

static int64_t milliseconds(clockid_t clock)
{
    struct timespec time = { 0 };
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t io_now_ms(void)
{
    return milliseconds(CLOCK_MONOTONIC);
}

int64_t io_boot_ms(void)
{
    return milliseconds(CLOCK_BOOTTIME);
}

int64_t io_wall_ms(void)
{
    return milliseconds(CLOCK_REALTIME);
}

uint32_t io_random(void)
{
    uint32_t random;
    if (getrandom(&random, sizeof(random), 0) == sizeof(random))
        return random;
    /* A sandbox that forbids the call: jitter needs no more than two hosts that differ. */
    struct timespec time = { 0 };
    clock_gettime(CLOCK_REALTIME, &time);
    return (uint32_t)time.tv_nsec * 2654435761u;
}
