#include "util/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define SLURP_STEP_BYTES 65536

static enum cvn_err read_all(int fd, struct buf *out)
{
	for (;;) {
		size_t room = out->max_bytes - out->n,
		       step = room < SLURP_STEP_BYTES ? room : SLURP_STEP_BYTES;
		uint8_t last, *at = &last;
		enum cvn_err err = step > 0 ? buf_reserve(out, step, &at) : CVN_OK;
		ssize_t n;

		if (err != CVN_OK)
			return err;
		n = read(fd, at, step > 0 ? step : 1); /* with no room left: is there more? */
		if (n == 0)
			return CVN_OK;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return CVN_EIO;
		if (step == 0)
			return CVN_ETOOLARGE;
		out->n += (size_t)n;
	}
}

enum cvn_err slurp(const char *path, struct buf *out)
{
	enum cvn_err err;
	int fd, kept;

	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, out);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return CVN_EIO;
	err = read_all(fd, out);
	kept = errno;
	close(fd);
	errno = kept;
	return err;
}
