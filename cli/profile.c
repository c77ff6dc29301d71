#include "cli/profile.h"
#include "io/keys.h"

#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_ENDPOINT "tcp://127.0.0.1:7400"

static enum cvn_err refuse(struct profile *p, const char *what, const char *text)
{
	snprintf(p->fault, sizeof(p->fault), "%s: %s", text, what);
	return CVN_EINVALID;
}

static bool set_text(char ret[PROFILE_TEXT], const char *text)
{
	return snprintf(ret, PROFILE_TEXT, "%s", text) < PROFILE_TEXT;
}

/* `path` as it stands in a profile: relative ones lie beside the profile. */
static bool set_path(const struct profile *p, char ret[PROFILE_TEXT], const char *path)
{
	const char *slash = strrchr(p->path, '/');

	if (path[0] == '/' || slash == NULL)
		return set_text(ret, path);
	return snprintf(ret, PROFILE_TEXT, "%.*s/%s", (int)(slash - p->path), p->path, path) <
	       PROFILE_TEXT;
}

/* inih's handler: 1 goes on, 0 is a fault of that line. */
static int on_line(void *arg, const char *section, const char *name, const char *value)
{
	struct profile *p = arg;

	if (strcmp(section, "client") != 0)
		return 0;
	if (strcmp(name, "endpoint") == 0)
		return set_text(p->endpoint, value);
	if (strcmp(name, "updates") == 0)
		return set_text(p->updates, value);
	if (strcmp(name, "programme") == 0)
		return set_text(p->programme, value);
	if (strcmp(name, "key") == 0)
		return set_path(p, p->key, value);
	if (strcmp(name, "server-key") == 0)
		return keys_is_key(value) ? set_text(p->server_key, value) :
					    set_path(p, p->server_key, value);
	return 0;
}

/* The file behind `named`, a folder or a file, with symbolic links followed: relative paths are its
 * own. */
static bool find_file(const char *named, char ret[PROFILE_TEXT])
{
	char inside[PROFILE_TEXT];
	char real[PATH_MAX];
	struct stat st;

	if (stat(named, &st) == 0 && S_ISDIR(st.st_mode)) {
		if (snprintf(inside, sizeof(inside), "%s/client.conf", named) >=
		    (int)sizeof(inside))
			return false;
		named = inside;
	}
	return realpath(named, real) != NULL && set_text(ret, real);
}

static enum cvn_err read_file(struct profile *p, const char *named)
{
	char where[64];
	int line;

	if (!find_file(named, p->path))
		return refuse(p, "no profile there", named);
	line = ini_parse(p->path, on_line, p);
	if (line == 0)
		return CVN_OK;
	if (line < 0)
		return refuse(p, "cannot be read", p->path);
	snprintf(where, sizeof(where), "line %d is not one of a profile's", line);
	return refuse(p, where, p->path);
}

/* The profile of last resort; its absence is no fault. */
static enum cvn_err read_default(struct profile *p)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	char named[PROFILE_TEXT];
	struct stat st;
	int n;

	if (config != NULL && config[0] == '/')
		n = snprintf(named, sizeof(named), "%s/convene/client.conf", config);
	else
		n = snprintf(named, sizeof(named), "%s/.config/convene/client.conf",
			     home != NULL ? home : "");
	if (n >= (int)sizeof(named) || stat(named, &st) != 0)
		return CVN_OK;
	return read_file(p, named);
}

/* A server key may stand in a file of its own: the daemon writes one. */
static enum cvn_err read_server_key(struct profile *p)
{
	char text[64] = "";
	FILE *file;

	if (p->server_key[0] == '\0' || keys_is_key(p->server_key))
		return CVN_OK;
	file = fopen(p->server_key, "re");
	if (file == NULL)
		return refuse(p, "neither a public key nor a file with one", p->server_key);
	if (fscanf(file, "%63s", text) != 1)
		text[0] = '\0';
	fclose(file);
	if (!keys_is_key(text))
		return refuse(p, "holds no public key", p->server_key);
	return set_text(p->server_key, text) ? CVN_OK : CVN_EINVALID;
}

/* What zmq_connect() would take; a host is not looked up. */
static bool is_endpoint(const char *text)
{
	const char *port = strrchr(text, ':');
	char *end;
	long number;

	if (strncmp(text, "ipc://", 6) == 0)
		return text[6] != '\0';
	if (strncmp(text, "tcp://", 6) != 0 || port <= text + 6 || port[1] < '0' || port[1] > '9')
		return false;
	number = strtol(port + 1, &end, 10);
	return *end == '\0' && number >= 1 && number <= 65535;
}

static enum cvn_err check_endpoints(struct profile *p)
{
	const char *all[] = { p->endpoint, p->updates };

	for (size_t i = 0; i < N_ELEMENTS(all); i++)
		if (all[i][0] != '\0' && !is_endpoint(all[i]))
			return refuse(p, "an endpoint is tcp://HOST:PORT or ipc://PATH", all[i]);
	return CVN_OK;
}

enum cvn_err profile_load(const struct args *args, struct profile *ret)
{
	const char *named = args->value[OPT_PROFILE] != NULL ? args->value[OPT_PROFILE] :
							       getenv("CONVENE_PROFILE");
	const struct {
		enum option_id id;
		char *at;
	} over[] = {
		{ OPT_ENDPOINT, ret->endpoint },
		{ OPT_UPDATES, ret->updates },
		{ OPT_SERVER_KEY, ret->server_key },
		{ OPT_PROGRAMME, ret->programme },
		{ OPT_KEY, ret->key },
	};
	enum cvn_err err;

	*ret = (struct profile){ .endpoint = DEFAULT_ENDPOINT };
	err = named != NULL && named[0] != '\0' ? read_file(ret, named) : read_default(ret);
	if (err != CVN_OK)
		return err;
	for (size_t i = 0; i < N_ELEMENTS(over); i++) {
		const char *text = args->value[over[i].id];

		if (text != NULL && !set_text(over[i].at, text))
			return refuse(ret, "too long", OPTIONS[over[i].id].word);
	}
	err = check_endpoints(ret);
	return err == CVN_OK ? read_server_key(ret) : err;
}
