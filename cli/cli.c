#include "cli/cli.h"
#include "cli/out.h"
#include "util/slurp.h"
#include "wire/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An error in JSON, for programs: one line on standard error. Takes `error`. */
static void print_error(json_t *error)
{
	json_t *line = json_pack("{s:o}", "error", error);

	if (line != NULL)
		json_dumpf(line, stderr, JSON_COMPACT | JSON_FLAGS);
	fputc('\n', stderr);
	json_decref(line);
}

int cli_fail(struct cli *cli, enum exit_code code, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (cli->is_json) {
		print_error(json_pack("{s:i,s:s}", "exit", (int)code, "text", text));
	} else {
		fputs("convene: ", stderr);
		out_text(stderr, text, SIZE_MAX);
		fputc('\n', stderr);
	}
	return (int)code;
}

int cli_fail_err(struct cli *cli, const char *about, enum cvn_err err)
{
	return cli_fail(cli, exit_of_err(err), "%s: %s", about, cvn_err_text(err));
}

int cli_fail_problem(struct cli *cli, const Convene__V1__Problem *problem)
{
	const enum exit_code code = exit_of_problem(problem->code);

	if (cli->is_json) {
		print_error(json_of_message(&problem->base));
		return (int)code;
	}
	cli_fail(cli, code, "%s: %s", problem->code != NULL ? problem->code : "no code",
		 problem->text != NULL ? problem->text : "no reason was given");
	for (size_t i = 0; i < problem->n_violations; i++) {
		const Convene__V1__Violation *v = problem->violations[i];

		cli_fail(cli, code, "  %s: %s: %s", v->field != NULL ? v->field : "",
			 v->code != NULL ? v->code : "", v->text != NULL ? v->text : "");
	}
	return (int)code;
}

int cli_keys(struct cli *cli, const struct key_pair **ret)
{
	enum cvn_err err;

	if (cli->profile.key[0] == '\0')
		return cli_fail(cli, EXIT_CONFIG,
				"no key to speak with: name one with --key, or a profile with "
				"--profile (see convene --help)");
	if (cli->keys.public_key[0] == '\0') {
		err = keys_load(cli->profile.key, &cli->keys);
		if (err != CVN_OK)
			return cli_fail(cli, EXIT_CONFIG, "%s: no usable key: %s", cli->profile.key,
					keys_fault(err));
	}
	*ret = &cli->keys;
	return EXIT_OK;
}

int cli_connect(struct cli *cli)
{
	struct client_address address = {
		.endpoint = cli->profile.endpoint,
		.server_key = cli->profile.server_key,
	};
	enum cvn_err err;
	int code;

	if (cli->client != NULL)
		return EXIT_OK;
	if (strncmp(address.endpoint, "ipc://", 6) != 0) {
		if (address.server_key[0] == '\0')
			return cli_fail(
				cli, EXIT_CONFIG,
				"the daemon's public key is not known: --server-key, or a profile");
		code = cli_keys(cli, &address.keys);
		if (code != EXIT_OK)
			return code;
	} else {
		address.server_key = NULL; /* guarded by the file's mode, not by keys */
	}
	err = client_open(cli->zmq, &address, &cli->client);
	return err != CVN_OK ? cli_fail_err(cli, address.endpoint, err) : EXIT_OK;
}

void cli_disconnect(struct cli *cli)
{
	client_close(cli->client);
	cli->client = NULL;
}

static int call_into(struct cli *cli, Convene__V1__Call *call, struct arena *arena,
		     Convene__V1__Reply **ret)
{
	Convene__V1__Reply *reply = NULL;
	enum cvn_err err;
	int code = cli_connect(cli);

	if (code != EXIT_OK)
		return code;
	err = client_call(cli->client, call, cli->timeout_ms, arena, &reply);
	if (err == CVN_EFORBIDDEN)
		return cli_fail(cli, EXIT_NO_PERMISSION, "%s: the daemon does not know this key",
				cli->profile.endpoint);
	if (err == CVN_EUNAVAILABLE)
		return cli_fail(cli, EXIT_UNAVAILABLE,
				"%s: no daemon with the known key answers there, or it is not "
				"ready yet",
				cli->profile.endpoint);
	if (err != CVN_OK)
		return cli_fail_err(cli, cli->profile.endpoint, err);
	if (reply->of_case == CONVENE__V1__REPLY__OF_PROBLEM)
		return cli_fail_problem(cli, reply->problem);
	*ret = reply;
	return EXIT_OK;
}

int cli_call(struct cli *cli, Convene__V1__Call *call, Convene__V1__Reply **ret)
{
	return call_into(cli, call, &cli->arena, ret);
}

int cli_welcome(struct cli *cli, const Convene__V1__Welcome **ret)
{
	Convene__V1__Hello hello = CONVENE__V1__HELLO__INIT;
	Convene__V1__Call call = CONVENE__V1__CALL__INIT;
	char agent[] = "convene " CONVENE_VERSION;
	Convene__V1__Reply *reply;
	int code;

	if (cli->welcome == NULL) {
		hello.agent = agent;
		call.of_case = CONVENE__V1__CALL__OF_HELLO;
		call.hello = &hello;
		code = cli_call(cli, &call, &reply);
		if (code != EXIT_OK)
			return code;
		if (reply->of_case != CONVENE__V1__REPLY__OF_WELCOME)
			return cli_fail(cli, EXIT_PROTOCOL, "the daemon did not say welcome");
		cli->welcome = reply->welcome;
	}
	*ret = cli->welcome;
	return EXIT_OK;
}

int cli_programme(struct cli *cli, const char **ret)
{
	const Convene__V1__Welcome *welcome;
	int code;

	if (cli->profile.programme[0] == '\0') {
		code = cli_welcome(cli, &welcome);
		if (code != EXIT_OK)
			return code;
		if (welcome->n_programmes == 0)
			return cli_fail(cli, EXIT_NOT_THERE,
					"the daemon has no programme yet: convene load FILE");
		if (welcome->n_programmes > 1)
			return cli_fail(cli, EXIT_USAGE,
					"there are %zu programmes: name one with --programme",
					welcome->n_programmes);
		snprintf(cli->profile.programme, sizeof(cli->profile.programme), "%s",
			 welcome->programmes[0]);
	}
	*ret = cli->profile.programme;
	return EXIT_OK;
}

int cli_programme_call_into(struct cli *cli, Convene__V1__Call *call, struct arena *arena,
			    Convene__V1__Reply **ret)
{
	const char *programme;
	int code = cli_programme(cli, &programme);

	if (code != EXIT_OK)
		return code;
	call->programme = cli->profile.programme;
	return call_into(cli, call, arena, ret);
}

int cli_programme_call(struct cli *cli, Convene__V1__Call *call, Convene__V1__Reply **ret)
{
	return cli_programme_call_into(cli, call, &cli->arena, ret);
}

int cli_read_file(struct cli *cli, const char *path, struct buf *out)
{
	enum cvn_err err = slurp(path, out);

	if (err == CVN_EIO)
		return cli_fail(cli, EXIT_NO_INPUT, "%s: %s", path, strerror(errno));
	return err != CVN_OK ? cli_fail_err(cli, path, err) : EXIT_OK;
}

static bool write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			bytes += written;
			n -= (size_t)written;
		}
	}
	return true;
}

/* Beside the file first, then in its place: a reader never sees half of it. */
static bool replace_file(const char *path, const void *bytes, size_t n)
{
	char beside[PROFILE_TEXT * 2];
	bool is_good;
	int fd;

	if (snprintf(beside, sizeof(beside), "%s.XXXXXX", path) >= (int)sizeof(beside)) {
		errno = ENAMETOOLONG;
		return false;
	}
	fd = mkostemp(beside, 0);
	if (fd < 0)
		return false;
	is_good = write_all(fd, bytes, n) && fchmod(fd, 0644) == 0;
	is_good = close(fd) == 0 && is_good;
	if (is_good && rename(beside, path) == 0)
		return true;
	unlink(beside);
	return false;
}

int cli_write_file(struct cli *cli, const char *path, const void *bytes, size_t n)
{
	struct stat st;
	bool is_good;

	if (path == NULL || strcmp(path, "-") == 0) {
		is_good = fwrite(bytes, 1, n, stdout) == n && fflush(stdout) == 0;
		path = "standard output";
	} else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		FILE *file = fopen(path, "we"); /* a device or a pipe cannot be replaced */

		is_good = file != NULL && fwrite(bytes, 1, n, file) == n;
		is_good = file != NULL && fclose(file) == 0 && is_good;
	} else {
		is_good = replace_file(path, bytes, n);
	}
	if (is_good)
		return EXIT_OK;
	return cli_fail(cli, EXIT_CANNOT_CREATE, "%s: %s", path, strerror(errno));
}
