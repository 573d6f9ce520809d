/* A case while it runs: shared by run.c, which reads the files, and steps.c, which does the steps. */
#ifndef TEST_MAPPING_RUN_H
#define TEST_MAPPING_RUN_H

#include "mapping/mapping.h"

#define FILES_MAX   8
#define DEVICES_MAX 32

struct output {
    char bytes[1 << 18];
    struct text text;
};

/* Which map published a device, as the daemon would remember. */
struct heard {
    char device[256];
    const struct mapping_map *map;
};

struct run {
    const char *directory;
    char prefix[64];
    struct mapping_file files[FILES_MAX];
    char paths[FILES_MAX][1024];
    size_t n_files;
    struct mapping *mapping;
    struct mapping_scratch *scratch;
    struct heard heard[DEVICES_MAX];
    size_t n_heard;
    const struct mapping_send *send; /* the last command, as it went out */
    char topic[2048], payload[1 << 17], datagram[XPL_MESSAGE_MAX];
    size_t payload_size, datagram_size;
    struct xpl_message sent;
    struct output got, wanted;
    int failures, cases;
};

/* Ends the program: the case itself is wrong. */
void die(const char *what, const char *name) __attribute__((noreturn));

/* Does what stands behind "> "; what comes of it is appended to run->got. */
void step(struct run *run, const char *line);

#endif
