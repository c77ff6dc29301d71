/* input.h - a programme file, or one of requests, read from a path that the user names.
 *
 * Layer     cli.
 * Thread    one.
 * Limit     JSON_DOCUMENT_BYTES a file.
 * Not here  what the files say (wire/programme_file.h). */
#pragma once
#include "cli/cli.h"
#include "wire/programme_file.h"

/* Tells each fault and warning found in `path`. EXIT_DATA, or EXIT_OK where nothing but warnings stands there. */
CVN_MUST_CHECK int input_say_faults(struct cli *cli, const char *path, const struct json_faults *faults);

/* programme_file_read() or programme_file_read_requests(). */
typedef enum cvn_err input_read_fn(struct programme_file *file, const char *text, size_t n);

/* Reads `path` ("-": standard input) into `file`, which the caller has initialised and ends. Each fault and warning
 * in it is told. EXIT_OK, or an exit code after saying why. */
CVN_MUST_CHECK int input_read(struct cli *cli, const char *path, input_read_fn *read, struct programme_file *file);
