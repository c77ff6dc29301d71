/* Runs a fuzzer's corpus as a plain test, where there is no libFuzzer: each file of the folders
 * given, once. */
#include "util/buf.h"
#include "util/slurp.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_BYTES_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* True: it was a file, and was run. */
static bool run_file(const char *path)
{
	struct buf input;
	uint8_t *copy;
	bool well;

	buf_init(&input, INPUT_BYTES_MAX);
	well = slurp(path, &input) == CVN_OK;
	if (well) {
		copy = malloc(input.n > 0 ? input.n : 1); /* of its exact size, for the sanitizer */
		if (copy == NULL)
			abort();
		if (input.n > 0)
			memcpy(copy, input.bytes, input.n);
		LLVMFuzzerTestOneInput(copy, input.n);
		free(copy);
	}
	buf_done(&input);
	return well;
}

static unsigned run_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[4096];
	unsigned n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			n += run_file(path);
	}
	if (dir != NULL)
		closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	unsigned n = 0;
	int i;

	for (i = 1; i < argc; i++)
		n += run_folder(argv[i]);
	printf("%u inputs\n", n);
	return n > 0 ? EXIT_SUCCESS :
		       EXIT_FAILURE; /* a corpus that is gone must not look like one that passed */
}
