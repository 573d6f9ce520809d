#include "storm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/number.h"

uint64_t storm_seed;
int storm_step;

static uint64_t dice;

uint32_t storm_draw(uint32_t below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice >> 20) % below;
}

static uint64_t argument(int argc, char **argv, int index, uint64_t otherwise)
{
    uint64_t value = otherwise;
    if (argc > index)
        must(number_parse_unsigned(xpl_slice_from(argv[index]), 1, UINT32_MAX, &value) == 0);
    return value;
}

int storm_main(int argc, char **argv, uint64_t seeds, void (*storm)(void))
{
    uint64_t first = argument(argc, argv, 2, 1);
    seeds = argument(argc, argv, 1, seeds);
    for (storm_seed = first; storm_seed < first + seeds; storm_seed++) {
        dice = storm_seed * 0x9e3779b97f4a7c15u + 1;
        storm_step = 0;
        storm();
    }
    printf("ok: %llu storms\n", (unsigned long long)seeds);
    return 0;
}

void storm_fail(int line, const char *what, const char *log)
{
    printf("seed %llu, step %d, line %d: %s\n%s\n", (unsigned long long)storm_seed, storm_step, line, what,
           log);
    exit(1);
}
