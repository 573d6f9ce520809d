/* Stands in for a fuzzer: "PROGRAM SUFFIX DIRECTORY..." gives a target every file with that end, whole, and
 * damaged in a few fixed ways (cut short, a byte changed, a byte taken out, two files in one), so that each
 * run does the same. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MAX (1 << 16)

static uint8_t last[FILE_MAX];
static size_t last_size;

/* From a block of exactly that size, so that a sanitizer sees a step past the end. */
static void feed(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void feed_damaged(uint8_t *data, size_t size)
{
    static const uint8_t bytes[] = { '\n', '\r', '=', '{', '}', ' ', '.', '-', '*', '\0', 0xff, '9' };
    static uint8_t both[2 * FILE_MAX];
    for (size_t i = 0; i < size; i++) {
        uint8_t kept = data[i];
        data[i] = bytes[i % sizeof(bytes)];
        feed(data, size);
        data[i] = kept;
        feed(data, i);
        memcpy(both, data, i);
        memcpy(both + i, data + i + 1, size - i - 1);
        feed(both, size - 1);
    }
    memcpy(both, last, last_size);
    memcpy(both + last_size, data, size);
    feed(both, last_size + size);
    memcpy(last, data, size);
    last_size = size;
}

static const char *suffix;

static int is_wanted(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name), end = strlen(suffix);
    return size > end && strcmp(entry->d_name + size - end, suffix) == 0;
}

static size_t replay_directory(const char *path)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_wanted, alphasort);
    size_t done = 0;
    for (int i = 0; i < n; i++) {
        static uint8_t data[FILE_MAX];
        char name[4096];
        snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        FILE *file = fopen(name, "rb");
        size_t size = file ? fread(data, 1, sizeof(data), file) : 0;
        if (file)
            fclose(file);
        if (size) {
            feed(data, size);
            feed_damaged(data, size);
            done++;
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return done;
}

int main(int argc, char **argv)
{
    size_t done = 0;
    suffix = argc > 1 ? argv[1] : "";
    for (int i = 2; i < argc; i++)
        done += replay_directory(argv[i]);
    printf("%zu files\n", done);
    return done ? 0 : 1;
}
