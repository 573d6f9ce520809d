/* Memory that runs out: loading a table with the n-th allocation failing, for every n, ends with -ENOMEM and
 * leaves nothing behind; and a message through a loaded table allocates nothing at all.
 *
 * The arena's functions fail too, since an arena hides most of the allocations that its users make. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "failing.h"
#include "mapping/mapping.h"

void *__real_arena_alloc(struct arena *arena, size_t size);
struct xpl_slice __real_arena_copy(struct arena *arena, struct xpl_slice slice);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
struct xpl_slice __wrap_arena_copy(struct arena *arena, struct xpl_slice slice);

void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
    if (!failing_now())
        return __real_arena_alloc(arena, size);
    arena->failed = true;
    return NULL;
}

struct xpl_slice __wrap_arena_copy(struct arena *arena, struct xpl_slice slice)
{
    if (!failing_now())
        return __real_arena_copy(arena, slice);
    arena->failed = true;
    return xpl_slice(NULL, 0);
}

static long nth = -1; /* of the allocation that is to fail, for messages */

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "line %d: %s (allocation %ld)\n", __LINE__, #condition, nth); \
            abort();                                                                      \
        }                                                                                 \
    } while (0)

/* Everything that loading can meet: what is right, and what is wrong. */
static const char good[] =
    "<mappings xmlns='urn:xplmqtt:mappings:1'>"
    "<include href='memory-included.xml'/>"
    "<table name='t'><row xpl='on' mqtt='ON'/><row xpl='off' mqtt='OFF'/></table>"
    "<alias device='acme-x.y/1' name='hall/lamp' label='l' room='r'><property name='p' "
    "kind='switch'/></alias>"
    "<ignore source='acme-noise.*' device='*'/>"
    "<map name='m' schema='a.b|c.d' source='acme-*' when='x=1|2 !y z=1..5' device='{source}[/{d|lower}]' "
    "split='d'>"
    "<property name='{item}' each='v*' kind='number' min='0' max='9'><publish/></property>"
    "<property name='p' entity='light' role='power'>"
    "<publish type='trig' when='p=on|off' payload='{p|t} {body|typed} {message} {p|upper|replace:a:b}'/>"
    "<send topic='do/{w}' schema='a.b' target='{source}' when='payload=ON|OFF' confirm='a.b p=on'>"
    "<item name='d' optional='yes'>{d}</item><item name='p'>{payload|t}</item></send></property>"
    "<example><xpl>xpl-trig\n{\nsource=acme-x.y\n}\na.b\n{\nx=1\nz=2\nd=1,2\nv1=5\n}\n</xpl>"
    "<mqtt topic='hall/lamp/v1' payload='5'/><mqtt topic='acme-x.y/2/v1' payload='5'/></example>"
    "<example><mqtt topic='hall/lamp/do/it' payload='ON'/>"
    "<xpl>xpl-cmnd\n{\ntarget=acme-x.y\nsource=a-b.c\n}\na.b\n{\nd=1\np=on\n}\n</xpl></example>"
    "</map></mappings>";
static const char included[] =
    "<mappings xmlns='urn:xplmqtt:mappings:1'>"
    "<map schema='e.f'><property name='q'><publish/><send/></property></map></mappings>";
static const char bad[] =
    "<mappings xmlns='urn:xplmqtt:mappings:1'><alias/><ignore/><tabel/><table name='t'/>"
    "<map schema='a.b' devic='x' device='{a}{b}'/><map schema='a.b' when='x='/>"
    "<map schema='a.b'><property name='p'><publish payload='{x|nothing}'/><send><item "
    "name='x'>{y}</item></send>"
    "</property><property name='q'><publish topic='x' payload='1'/></property>"
    "<property name='r'><publish topic='x' payload='1'/></property></map></mappings>";

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    CHECK(file && fputs(text, file) >= 0);
    fclose(file);
}

static int load(const char *path, struct mapping **ret)
{
    struct mapping_file files[] = { { .path = path } };
    struct mapping_options options = { .prefix = "xpl", .charset = "windows-1252", .examples = true };
    struct diag diag;
    diag_init(&diag);
    int r = mapping_load(ret, files, 1, &options, &diag);
    diag_deinit(&diag);
    return r;
}

/* Returns how many allocations were made to fail. */
static long fail_each(const char *path, int expected)
{
    for (long n = 0;; n++) {
        struct mapping *mapping = NULL;
        long before = failing_held;
        failing_begin(nth = n);
        int r = load(path, &mapping);
        bool failed = failing_end();
        if (r != (failed ? -ENOMEM : expected))
            fprintf(stderr, "%s, allocation %ld: %d\n", path, n, r);
        CHECK(r == (failed ? -ENOMEM : expected));
        CHECK(!mapping == (r < 0));
        mapping_unref(mapping);
        CHECK(failing_held == before);
        if (!failed)
            return n;
    }
}

static void ignore_filter(void *context, const char *filter)
{
    (void)context, (void)filter;
}

static void fail_small_ones(void)
{
    struct mapping *mapping = NULL;
    CHECK(load("memory-good.xml", &mapping) == 0);
    for (long n = 0; n < 3; n++) {
        struct mapping_scratch *scratch = NULL;
        failing_begin(nth = n);
        int r = mapping_scratch_new(&scratch);
        bool failed = failing_end();
        CHECK(r == (failed ? -ENOMEM : 0));
        CHECK(!scratch == failed);
        mapping_scratch_free(scratch);
    }
    failing_begin(nth = 0);
    int r = mapping_filters(mapping, ignore_filter, NULL);
    failing_end();
    CHECK(r == -ENOMEM);
    mapping_unref(mapping);
}

static size_t publishes;

static void on_publish(void *context, const struct mapping_publish *publish)
{
    (void)context, (void)publish;
    publishes++;
}

static void allocate_nothing(void)
{
    static const char *const messages[] = {
        "xpl-trig\n{\nhop=1\nsource=acme-x.y\ntarget=*\n}\na.b\n{\nx=1\nz=2\nd=1,2\nv1=5\nv2=6\np=on\n}\n",
        "xpl-trig\n{\nhop=1\nsource=ACME-X.Y\ntarget=*\n}\nE.F\n{\nq=\xe9\x81/\n}\n",
        "xpl-stat\n{\nhop=1\nsource=acme-x.y\ntarget=*\n}\nno.map\n{\n}\n",
        "xpl-stat\n{\nhop=1\nsource=acme-noise.y\ntarget=*\n}\ne.f\n{\n}\n",
    };
    struct mapping_sink sink = { NULL, NULL, on_publish, NULL };
    struct mapping *mapping = NULL;
    struct mapping_scratch *scratch = NULL;
    static struct xpl_message message;
    long before = 0;
    CHECK(load("memory-good.xml", &mapping) == 0 && mapping_scratch_new(&scratch) == 0);
    for (int i = 0; i < 1004; i++) {
        const char *text = messages[i % 4];
        if (i == 4)
            before = failing_calls;
        CHECK(xpl_message_parse(&message, text, strlen(text)) == 0);
        mapping_on_xpl(mapping, scratch, &message, &sink);
    }
    CHECK(failing_calls == before);
    CHECK(publishes > 1000);
    mapping_scratch_free(scratch);
    mapping_unref(mapping);
}

int main(int argc, char **argv)
{
    if (argc < 2 || chdir(argv[1]) < 0)
        return 1;
    write_file("memory-good.xml", good);
    write_file("memory-bad.xml", bad);
    write_file("memory-included.xml", included);
    long of_good = fail_each("memory-good.xml", 0), of_bad = fail_each("memory-bad.xml", -EINVAL);
    fail_small_ones();
    allocate_nothing();
    printf("%ld and %ld allocations failed one by one\n", of_good, of_bad);
    return of_good > 100 && of_bad > 50 ? 0 : 1;
}
