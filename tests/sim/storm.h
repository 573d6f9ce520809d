/* What seeded storms share: the dice, the command line, and how a failure is told. */
#ifndef TEST_SIM_STORM_H
#define TEST_SIM_STORM_H

#include <stdint.h>

extern uint64_t storm_seed; /* of the storm that runs */
extern int storm_step;      /* where it is; the storm counts */

/* One throw of this seed's dice: 0 to below - 1. */
uint32_t storm_draw(uint32_t below);

/* PROGRAM [SEEDS [FIRST]]: the storm once for each seed. The exit status. */
int storm_main(int argc, char **argv, uint64_t seeds, void (*storm)(void));

/* Ends the program, naming seed and step, with what was logged. */
_Noreturn void storm_fail(int line, const char *what, const char *log);

#endif
