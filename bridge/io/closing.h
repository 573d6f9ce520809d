/* Who wants to hear that something is closed; private to this room (io.h has the rule). */
#ifndef IO_CLOSING_H
#define IO_CLOSING_H

struct closing {
    void (*closed)(void *context); /* may be NULL */
    void *context;
};

/* Frees what was closed (NULL: there was nothing), then says so. By value: it may live in what is freed. */
void closing_finish(struct closing closing, void *memory);

#endif
