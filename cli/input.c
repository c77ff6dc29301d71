#include "cli/input.h"

int input_say_faults(struct cli *cli, const char *path, const struct json_faults *faults)
{
	for (const struct json_fault *f = faults->first; f != NULL; f = f->next)
		cli_fail(cli, EXIT_DATA, "%s: %s%s%s%s", path,
			 f->is_warning ? "warning: " : "", f->path,
			 f->path[0] != '\0' ? ": " : "", f->text);
	return faults->n_errors > 0 ? EXIT_DATA : EXIT_OK;
}

int input_read(struct cli *cli, const char *path, input_read_fn *read, struct programme_file *file)
{
	struct buf bytes;
	enum cvn_err err;
	int code;

	buf_init(&bytes, JSON_DOCUMENT_BYTES);
	code = cli_read_file(cli, path, &bytes);
	if (code == EXIT_OK) {
		err = read(file, (const char *)bytes.bytes, bytes.n);
		code = input_say_faults(cli, path, &file->faults);
		if (code == EXIT_OK && err != CVN_OK)
			code = cli_fail_err(cli, path, err);
	}
	buf_done(&bytes);
	return code;
}
