/* Where our files are: as installed, or in the source tree for a program that runs from its build directory.
 */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

#include "base/arena.h"
#include "base/text.h"

#define PATHS_CONFIG   "/etc/xplmqtt/xplmqtt.xml"
#define PATHS_MAPPINGS "/etc/xplmqtt/mappings.xml" /* the user's, tried before the shipped ones */

/* The directory of the shipped mappings, without a slash at the end, into ret:
 *   datadir/xplmqtt/mappings      when datadir is given and not empty (the value of XPLMQTT_DATADIR)
 *   SOURCE/mappings               when `program`, an absolute path, lies in the build directory
 *   {datadir}/xplmqtt/mappings    else */
void paths_shipped(const char *datadir, const char *program, struct text *ret);

/* The same for this process: asks /proc/self/exe and the environment. 0 or -ENAMETOOLONG. */
int paths_shipped_here(char *ret, size_t capacity);

/* The mapping files of a directory in the order in which they are tried, that of their names (bytes): the
 * paths of all "*.xml" that are not hidden, NULL-terminated, in `arena`. 0; -E2BIG over LIMIT_MAPPING_FILES;
 * -ENOMEM; or why the directory cannot be read (-ENOENT). */
int paths_mappings(struct arena *arena, const char *directory, const char *const **ret);

#endif
